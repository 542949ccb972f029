// What happens when the page is open. Tests wait for the promises of `window.archaic`.

const message = document.querySelector(".needs-scripts");
if (typeof DecompressionStream === "undefined") {
  message.textContent = "Charts, the genome browser, and the sorting of tables need a browser of 2023 or newer.";
} else {
  message.remove();
  startNavigation();
  const rest = new Rest();
  const tables = startTables();
  const charts = startCharts(rest);
  window.archaic = { charts, tables, browser: startBrowser(rest), packed };
}
