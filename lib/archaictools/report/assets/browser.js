// The genome browser: igv.js with the tracks of the page. Its script runs last, and it loads nothing from elsewhere.

/** Text as igv wants it where it writes HTML: names of tracks, and what it shows after a click. */
const escaped = (text) => String(text).replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);

/** What a click on a feature or a bar shows, as escaped HTML; false shows nothing. */
function clicked(track, data, features) {
  const lines = (features ?? []).flatMap(({ chr, start, end, row, colour, ...rest }) => [
    ["Position", locusText({ chrom: chr, start, end })],
    ...Object.entries(rest).filter(([name]) => name !== "score" && typeof rest[name] !== "object"),
  ]);
  // igv writes names of bars with blanks and a colon, as HTML.
  const bare = (name) => name.replaceAll("&nbsp;", "").replace(/:\s*$/, "");
  if (!features) lines.push(...(data ?? []).filter((one) => one?.name).map(({ name, value }) => [bare(name), value]));
  const text = (value) => (typeof value === "number" ? value.toLocaleString("en-GB", { maximumFractionDigits: 4 }) : value);
  return lines.map(([name, value]) => `<div>${escaped(name)}: <b>${escaped(text(value))}</b></div>`).join("") || false;
}

/** Whether two rows in order of start overlap. */
function overlapping(rows) {
  const last = new Map();
  for (const { chrom, start, end } of rows) {
    if (start < (last.get(chrom) ?? 0)) return true;
    last.set(chrom, Math.max(end, last.get(chrom) ?? 0));
  }
  return false;
}

/** Features of igv from a dataset. */
async function trackConfig(track, order) {
  const rows = (await packed(`data-${track.dataset}`)).objects(track.where);
  const common = {
    name: escaped(track.name), color: track.colour, height: track.height, order, removable: true, searchable: true,
  };
  if (track.kind === "values") {
    return {
      ...common, type: "wig", autoscale: false, min: track.low, max: track.high, windowFunction: "max",
      features: rows.filter((row) => row.value !== null).map((row) => ({ chr: row.chrom, start: row.start, end: row.end, value: row.value })),
    };
  }
  return {
    ...common, type: "annotation", searchableFields: ["name"],
    ...(track.compact ? { margin: 2, featureHeight: 20, squishedRowHeight: 13 } : {}), // two rows in 30 pixels
    displayMode: track.compact ? "SQUISHED" : overlapping(rows) ? "EXPANDED" : "COLLAPSED",
    color: (feature) => featureColour(feature, track.colour),
    features: rows.map(({ chrom, ...rest }) => ({ ...rest, chr: chrom })),
  };
}

/** A feature's colour; its score is the opacity, at least 0.25. */
function featureColour(feature, otherwise) {
  const hex = /^#[0-9a-f]{6}$/i.test(feature.colour) ? feature.colour : otherwise;
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  const opacity = Number.isFinite(feature.score) ? 0.25 + 0.75 * Math.min(1, Math.max(0, feature.score)) : 1;
  return `rgba(${red},${green},${blue},${opacity})`;
}

/** Move the browser to an interval; a part of it outside the chromosome is left out. */
async function moveBrowser(browser, block, { chrom, start, end }) {
  const length = new Map(specificationOf(block).lengths).get(chrom);
  await browser.updateLoci([{ chr: chrom, start: Math.max(0, start), end: Math.min(length ?? end, end) }]);
}

/** A menu of the tracks that are not shown at the start. */
function addTrackMenu(block, browser, tracks) {
  const hidden = tracks.map((track, order) => [track, order]).filter(([track]) => !track.visible);
  if (!hidden.length) return;
  const label = document.createElement("label");
  label.textContent = "Add a track ";
  const select = document.createElement("select");
  select.append(new Option("choose", ""));
  for (const [track, order] of hidden) select.append(new Option(track.name, String(order)));
  select.addEventListener("change", async () => {
    const chosen = select.selectedOptions[0];
    if (!chosen.value) return;
    const order = Number(chosen.value);
    select.value = "";
    chosen.disabled = true;
    await browser.loadTrack(await trackConfig(tracks[order], order));
  });
  browser.on("trackremoved", (removed) => {
    for (const view of [removed].flat()) {
      const order = (view.track ?? view).order;
      for (const option of select.options) if (option.value === String(order)) option.disabled = false;
    }
  });
  label.append(select);
  block.querySelector(".tools").append(label);
}

async function drawBrowser(block) {
  const { build, lengths, locus, tracks } = specificationOf(block);
  await library("igv");
  const [chrom, start, end] = locus;
  const sizes = lengths.map((pair) => pair.join("\t")).join("\n");
  const visible = await Promise.all(
    tracks.map((track, order) => (track.visible ? trackConfig(track, order) : null)),
  );
  const browser = await window.igv.createBrowser(block.querySelector(".view"), {
    loadDefaultGenomes: false, search: false, showSequence: false, showSVGButton: false, queryParametersSupported: false,
    reference: { id: build, name: build, format: "chromsizes", fastaURL: new File([sizes], "chrom.sizes") },
    locus: lengths[0][0],
    tracks: visible.filter(Boolean),
  });
  browser.on("trackclick", (track, data, _, features) => clicked(track, data, features));
  await moveBrowser(browser, block, { chrom, start, end });
  addTrackMenu(block, browser, tracks);
  return browser;
}

/** Start the browser when it comes near the view, when a place is asked for, or when the rest is done. */
function startBrowser(rest) {
  const block = document.querySelector("figure.browser");
  if (!block) return null;
  let asked;
  const wanted = new Promise((resolve) => { asked = resolve; });
  const begin = Promise.race([wanted, rest.turn(), nearView(block, "200px")]);
  const ready = told(begin.then(() => drawBrowser(block)), block.querySelector(".tools"), "genome browser");
  document.addEventListener("locus", async ({ detail: { chrom, start, end } }) => {
    asked();
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    block.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" });
    const margin = Math.max(500, Math.round((end - start) / 2));
    await moveBrowser(await ready, block, { chrom, start: start - margin, end: end + margin });
  });
  return ready;
}
