"use strict";
(() => {
  const page = JSON.parse(document.getElementById("data").textContent);
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const plots = [...document.querySelectorAll(".plot")];
  const options = { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["lasso2d", "select2d"] };
  // As wide as A4 between the margins of the style sheet, in CSS pixels.
  const PRINT_WIDTH = 660;

  // The policy of the page lets this one script in by its hash.
  const loadPlotly = async () => {
    const packed = atob(document.getElementById("plotly").textContent);
    const bytes = Uint8Array.from(packed, (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const script = document.createElement("script");
    script.textContent = await new Response(stream).text();
    document.head.append(script);
  };

  const look = (mode) => page.templates[mode];
  const mode = () => (dark.matches ? "dark" : "light");
  const restyle = (changes) => Promise.all(plots.map((plot) => window.Plotly.relayout(plot, changes)));

  const draw = (plot) => {
    const figure = page.figures[plot.dataset.figure];
    return window.Plotly.newPlot(plot, figure.data, { ...figure.layout, template: look(mode()) }, options);
  };

  const start = async () => {
    await loadPlotly();
    await Promise.all(plots.map(draw));
    dark.addEventListener("change", () => restyle({ template: look(mode()) }));
    // Paper is white, whatever the screen is.
    window.addEventListener("beforeprint", () => restyle({ template: look("light"), width: PRINT_WIDTH }));
    window.addEventListener("afterprint", () => restyle({ template: look(mode()), width: null, autosize: true }));
    document.body.dataset.drawn = "yes";
  };

  start().catch((error) => {
    for (const plot of plots.filter((each) => !each.querySelector("svg"))) {
      plot.style.height = "auto";
      plot.textContent = `Not drawn: ${error}. Browsers since 2023 draw this page.`;
    }
    console.error(error);
  });
})();
