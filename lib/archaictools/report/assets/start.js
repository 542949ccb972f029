// What happens when the page is open. Tests wait for the promises of `window.archaic`.

document.querySelector(".needs-scripts").remove();
startNavigation();
const rest = new Rest();
const tables = startTables();
const charts = startCharts(rest);
window.archaic = { charts, tables, browser: startBrowser(rest), packed };
