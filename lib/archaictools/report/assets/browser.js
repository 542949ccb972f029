// The genome browser: igv.js with the tracks of the page. Its script runs last, and it loads nothing from elsewhere.

/** Features of igv from a dataset. */
async function trackConfig(track, order) {
  const rows = (await packed(`data-${track.dataset}`)).objects(track.where);
  const common = {
    name: track.name, color: track.colour, height: track.height, order, removable: true, searchable: true,
  };
  if (track.kind === "values") {
    return {
      ...common, type: "wig", autoscale: false, min: track.low, max: track.high, windowFunction: "max",
      features: rows.filter((row) => row.value !== null).map((row) => ({ chr: row.chrom, start: row.start, end: row.end, value: row.value })),
    };
  }
  return {
    ...common, type: "annotation", displayMode: track.compact ? "SQUISHED" : "EXPANDED", searchableFields: ["name"],
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

const browserLocus = ({ chrom, start, end }) => `${chrom}:${start + 1}-${end}`;

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
    locus: browserLocus({ chrom, start, end }),
    tracks: visible.filter(Boolean),
  });
  addTrackMenu(block, browser, tracks);
  return browser;
}

/** Start the browser when it comes near the view, when a place is asked for, or when the rest is done. */
function startBrowser(idle) {
  const block = document.querySelector("figure.browser");
  if (!block) return null;
  let asked;
  const wanted = new Promise((resolve) => { asked = resolve; });
  const ready = Promise.race([wanted, idle, nearView(block, "200px")]).then(() => drawBrowser(block));
  document.addEventListener("locus", async ({ detail }) => {
    asked();
    block.scrollIntoView({ block: "start", behavior: "smooth" });
    const browser = await ready;
    const margin = Math.max(500, Math.round((detail.end - detail.start) / 2));
    await browser.search(browserLocus({ ...detail, start: Math.max(0, detail.start - margin), end: detail.end + margin }));
  });
  return ready;
}
