// Both panels, as wide as the window has room for.
(() => {
  const page = window.muxprof, part = id => document.getElementById(id);
  function show() {
    for (const {id, data, layout} of page.panels) {
      // In a narrow panel, text shrinks with the cells.
      const room = Math.floor((part(id).clientWidth - 80) / page.columns / page.characters);
      const sized = trace => trace.meta !== "numbers" ? trace :
        {...trace, textfont: {...trace.textfont, size: Math.max(7, Math.min(trace.textfont.size, room))}};
      Plotly.react(part(id), data.map(sized), {...layout}, page.config);
    }
  }
  window.addEventListener("resize", show);
  show();
})();
