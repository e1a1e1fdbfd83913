// The distribution, as Python has drawn it.
(() => {
  const {data, layout, config} = window.muxprof;
  Plotly.newPlot(document.getElementById("picture"), data, layout, config);
})();
