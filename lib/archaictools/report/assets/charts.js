// Charts: Vega-Embed draws them when they come near the view. Expressions are interpreted, so that no eval is needed.

const colourOf = (name) => {
  const probe = document.createElement("i");
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
};

/** Fonts, colours and grid of the page. In SVG, colours are the page's variables and follow light and dark. */
function chartConfig(large) {
  const colour = large ? colourOf : (name) => `var(--${name})`;
  const font = getComputedStyle(document.body).fontFamily;
  const guide = {
    labelColor: colour("soft"), titleColor: colour("ink"), labelFontSize: 11.5, titleFontSize: 12.5,
    titleFontWeight: 500, labelFont: font, titleFont: font,
  };
  return {
    ...(large ? { aria: false } : {}), // a canvas has no marks to describe, and their descriptions take half of the time
    background: null,
    font,
    padding: 2,
    view: { stroke: null, continuousHeight: 300 },
    axis: {
      ...guide, gridColor: colour("grid"), domainColor: colour("rule"), tickColor: colour("rule"), titlePadding: 8,
      labelLimit: 220,
    },
    legend: { ...guide, symbolStrokeColor: colour("soft"), labelLimit: 260 },
    header: guide,
    title: { color: colour("ink"), subtitleColor: colour("soft"), anchor: "start", fontSize: 13.5, fontWeight: 600, font, subtitleFont: font },
    mark: { color: colour("mark"), tooltip: null },
    text: { color: colour("ink"), font, fontSize: 11.5 },
    rule: { color: colour("soft") },
    arc: { fill: colour("mark") },
  };
}

/** Names of the datasets that a specification refers to. */
function datasetNames(node, found = new Set()) {
  if (Array.isArray(node)) node.forEach((one) => datasetNames(one, found));
  else if (node && typeof node === "object") {
    if (typeof node.data?.name === "string" && !node.data.values) found.add(node.data.name);
    Object.entries(node).forEach(([key, value]) => key !== "datasets" && datasetNames(value, found));
  }
  return found;
}

/** What a tooltip shows, as `usermeta.tooltip` lists it: [title, field] or [title, field, digits] of the mark's row.
 *  The field `locus` is the place of the row, `kb` its length. It is computed when a mark is pointed at. */
function tooltipOptions(fields) {
  if (!fields) return { disableDefaultStyle: true };
  const shown = (row, field, digits) => {
    if (field === "locus") return locusText(row);
    const value = field === "kb" ? (row.end - row.start) / 1000 : row[field];
    return digits === undefined || value === null ? String(value ?? "NA") : numberText(value, digits);
  };
  const line = (row, sanitize) => ([title, field, digits]) =>
    `<tr><td class="key">${sanitize(title)}</td><td class="value">${sanitize(shown(row, field, digits))}</td></tr>`;
  const formatTooltip = (row, sanitize) => `<table>${fields.map(line(row, sanitize)).join("")}</table>`;
  return { disableDefaultStyle: true, formatTooltip };
}

async function drawChart(block) {
  const specification = specificationOf(block);
  const large = "large" in block.dataset;
  const target = block.querySelector(".drawing");
  await library("vega");
  await library("vega-lite");
  await library("vega-embed");
  specification.datasets ??= {};
  for (const name of datasetNames(specification)) {
    if (valueOf(`data-${name}`) === null) continue;
    specification.datasets[name] = (await packed(`data-${name}`)).objects();
  }
  delete specification.$schema;
  const drawing = await window.vegaEmbed(target, specification, {
    actions: false, ast: true, renderer: large ? "canvas" : "svg", mode: "vega-lite", config: chartConfig(large),
    defaultStyle: false, logLevel: 1, tooltip: tooltipOptions(specification.usermeta?.tooltip),
  });
  drawing.view.addEventListener("click", (_, item) => {
    if (isLocus(item?.datum)) showLocus(item.datum);
  });
  return drawing;
}

/** Draw each chart when it comes near the view or its turn comes, and a canvas again in other colours. */
function startCharts(rest) {
  const drawn = new Map();
  for (const block of document.querySelectorAll("figure.chart")) {
    const target = block.querySelector(".drawing");
    const { height } = specificationOf(block);
    target.style.minHeight = `${(Number.isFinite(height) ? height : 260) + 50}px`;
    const first = told(Promise.race([nearView(block), rest.turn()]).then(() => drawChart(block)), target, "chart");
    drawn.set(block.id, first);
    rest.after(first);
    if (!("large" in block.dataset)) continue;
    let latest = first;
    document.addEventListener("theme", () => {
      latest = latest.then((drawing) => { drawing.finalize(); return drawChart(block); });
      drawn.set(block.id, latest);
    });
  }
  return drawn;
}
