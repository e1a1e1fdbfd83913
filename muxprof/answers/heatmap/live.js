// The figure of one C and metric, filled with what the slider and the choice say.
(() => {
  const page = window.muxprof, part = id => document.getElementById(id);
  const plot = part("heatmap"), slider = part("c-slider"), metric = part("metric");

  function drawn(c, key) {
    const ratios = page.ratios[key][c], notes = page.notes[c].map(row => row.map(index => page.reasons[index]));
    const flat = ratios.flat(), reasons = notes.flat(), width = plot.clientWidth;
    const number = (ratio, reason) => reason ? `(${ratio.toFixed(3)})` : ratio.toFixed(3);
    const mark = (ratio, reason) => reason ? page.mark : "";
    // In a narrow window, text shrinks with the cells.
    const size = usual => Math.max(7, Math.min(usual, Math.floor((width - 200) / page.L.length / 3.6)));
    const fill = {
      cells: trace => ({...trace, z: ratios, customdata: notes.map((row, g) => row.map((note, l) =>
        [page.C[c], page.G[g], page.L[l], page.C_hat[c][l], note]))}),
      numbers: trace => ({...trace,
        text: flat.map((ratio, i) => (page.numbered ? number : mark)(ratio, reasons[i])),
        textfont: {...trace.textfont, size: size(trace.textfont.size),
          color: flat.map(ratio => ratio <= page.white[0] || ratio >= page.white[1] ? "white" : page.dark)}}),
      halo: trace => ({...trace, x: page.lines[key][c][0], y: page.lines[key][c][1]}),
      line: trace => ({...trace, x: page.lines[key][c][0], y: page.lines[key][c][1]}),
      box: trace => trace,
      note: trace => ({...trace, visible: reasons.some(Boolean)}),
    };
    const {data, layout} = page.figure;
    return [data.map(trace => fill[trace.meta](trace)),
      {...layout, title: {...layout.title, text: page.titles[key][c], font: {size: width < 560 ? 14 : 20}}}];
  }

  function show() {
    const c = Number(slider.value), key = metric.value;
    part("c-value").textContent = page.C[c];
    slider.setAttribute("aria-valuetext", `C = ${page.C[c]}`);
    part("break-even").textContent = page.break_even[key][c];
    part("in-the-box").textContent = page.in_the_box[key][c];
    return Plotly.react(plot, ...drawn(c, key), page.config);
  }

  slider.value = page.c;
  metric.value = page.metric;
  slider.addEventListener("input", show);
  metric.addEventListener("change", show);
  window.addEventListener("resize", show);
  show();
})();
