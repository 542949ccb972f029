// Tables: Tabulator takes over from the first rows in HTML. It draws only the rows in view.

const numberText = (value, digits) =>
  value.toLocaleString("en-GB", { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** Compare two values; NA comes last in both directions. */
function compareNaLast(compare) {
  return (a, b, rowA, rowB, column, direction) => {
    const [noA, noB] = [a ?? null, b ?? null].map((value) => value === null);
    if (noA || noB) return noA && noB ? 0 : (noA ? 1 : -1) * (direction === "asc" ? 1 : -1);
    return compare(a, b, rowA, rowB);
  };
}

const naText = () => {
  const text = document.createElement("span");
  text.className = "na";
  text.textContent = "NA";
  return text;
};

const plain = (text) => {
  const node = document.createElement("span");
  node.textContent = text;
  return node;
};

/** Where a locus is in the genome: chromosomes as the browser has them, else in order of appearance. */
function genomeOrder(rows) {
  const order = new Map();
  for (const { chrom } of rows) if (!order.has(chrom)) order.set(chrom, order.size);
  return (a, b) => order.get(a.chrom) - order.get(b.chrom) || a.start - b.start || a.end - b.end;
}

const columnKinds = {
  text: () => ({
    sorter: compareNaLast((a, b) => a.localeCompare(b, "en", { numeric: true })),
    formatter: (cell) => {
      if (cell.getValue() === null) return naText();
      const node = plain(String(cell.getValue()));
      if (node.textContent.length > 30) node.title = node.textContent; // a column may be too narrow for it
      return node;
    },
  }),
  number: ({ digits }) => ({
    hozAlign: "right", headerHozAlign: "right", maxInitialWidth: 120, sorter: compareNaLast((a, b) => a - b),
    formatter: (cell) => (cell.getValue() === null ? naText() : plain(numberText(cell.getValue(), digits))),
  }),
  bar: ({ field, digits }, rows) => {
    const most = rows.reduce((found, row) => Math.max(found, row[field] ?? 0), 0);
    return {
      ...columnKinds.number({ digits }), width: 140,
      formatter: (cell) => {
        const value = cell.getValue();
        if (value === null) return naText();
        const node = plain(numberText(value, digits));
        node.className = "bar";
        node.style.setProperty("--part", `${most > 0 ? Math.max(0, (100 * value) / most) : 0}%`);
        return node;
      },
    };
  },
  locus: (_, rows) => {
    const compare = genomeOrder(rows);
    return {
      sorter: (a, b, rowA, rowB) => compare(rowA.getData(), rowB.getData()),
      formatter: (cell) => {
        const row = cell.getData();
        if (!isLocus(row)) return naText();
        if (!browserChromosomes().has(row.chrom)) return plain(locusText(row));
        const button = document.createElement("button");
        button.type = "button";
        button.className = "locus";
        button.textContent = locusText(row);
        button.addEventListener("click", () => showLocus(row));
        return button;
      },
    };
  },
  picture: ({ title }) => ({
    headerSort: false,
    formatter: (cell) => {
      if (!cell.getValue()) return plain("");
      const drawing = new DOMParser().parseFromString(cell.getValue(), "image/svg+xml").documentElement;
      const holder = plain("");
      holder.setAttribute("role", "img");
      holder.setAttribute("aria-label", title);
      holder.append(document.importNode(drawing, true)); // inline, so that currentColor is the colour of the page
      return holder;
    },
  }),
};

/** What a search finds a row by: its texts, and its locus with and without commas, in lower case. */
function searchText(row, columns) {
  const texts = columns.filter(({ kind }) => kind === "text").map(({ field }) => row[field] ?? "");
  if (columns.some(({ kind }) => kind === "locus") && isLocus(row)) {
    texts.push(locusText(row), locusText(row).replaceAll(",", ""));
  }
  return texts.join("\n").toLowerCase();
}

/** A search field that keeps the rows in which some text contains every word. */
function addSearch(block, table, columns, total) {
  const tools = block.querySelector(".tools");
  const label = document.createElement("label");
  label.textContent = "Search ";
  const input = document.createElement("input");
  input.type = "search";
  const count = document.createElement("output");
  const show = (found) => { count.textContent = found === total ? `${total.toLocaleString("en-GB")} rows`
    : `${found.toLocaleString("en-GB")} of ${total.toLocaleString("en-GB")} rows`; };
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    table.setFilter((row) => {
      const text = searchText(row, columns);
      return words.every((word) => text.includes(word));
    });
  });
  table.on("dataFiltered", (_, rows) => show(rows.length));
  show(total);
  label.append(input);
  tools.append(label, count);
}

/** Let the keyboard reach the headers: Enter or space sorts. */
function sortByKeyboard(target) {
  for (const header of target.querySelectorAll(".tabulator-col.tabulator-sortable")) {
    header.tabIndex = 0;
    header.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      header.click();
    });
  }
}

/** Mark a table whose columns go on to the right of what is in view. */
function markCut(block, holder) {
  const mark = () => {
    block.classList.toggle("cut", holder.scrollLeft + holder.clientWidth < holder.scrollWidth - 4);
  };
  holder.addEventListener("scroll", mark);
  new ResizeObserver(mark).observe(holder);
  mark();
}

async function drawTable(block) {
  const columns = specificationOf(block);
  await library("tabulator");
  const rows = (await packed(`rows-${block.id}`)).objects();
  const target = block.querySelector(".rows");
  const table = new window.Tabulator(target, {
    data: rows,
    columns: columns.map((column) => ({
      title: column.title, field: column.kind === "locus" ? "start" : column.field, cssClass: column.kind,
      headerTooltip: column.help ? () => plain(column.help) : false, titleFormatter: () => plain(column.title),
      ...columnKinds[column.kind](column, rows),
    })),
    nestedFieldSeparator: false, // a name such as Vindija33.19 has a dot
    layout: "fitDataTable", ...(rows.length > 12 ? { height: Math.min(460, 40 + 31 * rows.length) } : {}),
    columnDefaults: { headerSortTristate: true, headerWordWrap: true, minWidth: 60, maxInitialWidth: 320 },
  });
  await new Promise((resolve) => table.on("tableBuilt", resolve));
  block.classList.add("drawn");
  markCut(block, target.querySelector(".tabulator-tableholder"));
  sortByKeyboard(target);
  if ("search" in block.dataset) {
    addSearch(block, table, columns, rows.length);
  }
  return table;
}

function startTables() {
  const drawn = new Map();
  for (const block of document.querySelectorAll("figure.table")) {
    if (!block.querySelector(".rows")) continue;
    drawn.set(block.id, told(nearView(block).then(() => drawTable(block)), block.querySelector(".tools"), "table"));
  }
  return drawn;
}
