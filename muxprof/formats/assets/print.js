// Pictures are as wide as their data-print says while the page is printed.
(() => {
  const each = width => () => document.querySelectorAll("[data-print]").forEach(plot =>
    Plotly.relayout(plot, width(plot)));
  window.addEventListener("beforeprint", each(plot => ({width: Number(plot.dataset.print)})));
  window.addEventListener("afterprint", each(() => ({width: null, autosize: true})));
})();
