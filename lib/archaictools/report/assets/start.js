// What happens when the page is open. Tests wait for the promises of `window.archaic`.

document.querySelector(".needs-scripts").remove();
startNavigation();
const charts = startCharts();
const tables = startTables();
const idle = new Promise((resolve) => {
  addEventListener("load", () => (window.requestIdleCallback ?? setTimeout)(resolve, { timeout: 3000 }));
});
window.archaic = { charts, tables, browser: startBrowser(idle), packed };
