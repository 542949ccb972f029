// Packed tables and libraries: decoded when they are first needed, once. archaictools/report/packing.py is the format.

/** Value of a data element, or null. */
const valueOf = (id) => document.getElementById(id)?.value ?? null;

/** Bytes of gzip in base64, inflated. */
async function inflated(base64) {
  const text = atob(base64);
  const packed = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) packed[i] = text.charCodeAt(i);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

const ARRAYS = {
  u1: Uint8Array, i1: Int8Array, u2: Uint16Array, i2: Int16Array, u4: Uint32Array, i4: Int32Array,
  f4: Float32Array, f8: Float64Array,
};

/** A table by column; NA is null. */
class Rows {
  constructor(buffer) {
    const size = new DataView(buffer).getUint32(0, true);
    const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, size)));
    this.length = header.rows;
    this.buffer = buffer;
    this.base = 4 + size;
    this.described = new Map(header.columns.map((column) => [column.name, column]));
    this.decoded = new Map();
  }

  get names() {
    return [...this.described.keys()];
  }

  /** Values of a column as an array. */
  column(name) {
    if (!this.decoded.has(name)) this.decoded.set(name, this.#decode(this.described.get(name)));
    return this.decoded.get(name);
  }

  #decode({ kind, type, at, delta, missing, words }) {
    const raw = new ARRAYS[type](this.buffer, this.base + at, this.length);
    const absent = missing === null ? null : new Uint8Array(this.buffer, this.base + missing, this.length);
    const values = new Array(this.length);
    let sum = 0;
    for (let i = 0; i < values.length; i++) {
      sum = delta ? sum + raw[i] : raw[i];
      if (absent && absent[i]) values[i] = null;
      else if (kind === "text") values[i] = words[sum];
      else if (kind === "flag") values[i] = sum === 1;
      else if (type === "f4") values[i] = Number(sum.toPrecision(7));
      else values[i] = sum;
    }
    return values;
  }

  /** New objects, one for each row; with `where`, [column, value], only the rows that have the value. */
  objects(where = null) {
    const names = this.names;
    const columns = names.map((name) => this.column(name));
    const chosen = where && this.column(where[0]);
    const found = [];
    for (let i = 0; i < this.length; i++) {
      if (chosen && String(chosen[i]) !== where[1]) continue;
      const row = {};
      for (let c = 0; c < names.length; c++) row[names[c]] = columns[c][i];
      found.push(row);
    }
    return found;
  }
}

const once = new Map();
/** Result of a function that runs once for a key. */
function onceFor(key, run) {
  if (!once.has(key)) once.set(key, run());
  return once.get(key);
}

/** The packed table of an element, `data-NAME` or, for the rows of a table, `rows-NAME`. */
const packed = (id) => onceFor(id, async () => new Rows(await inflated(valueOf(id))));

/** Run a stored library. */
const library = (name) =>
  onceFor(`library-${name}`, async () => {
    const code = new Blob([await inflated(valueOf(`library-${name}`))], { type: "text/javascript" });
    const script = document.createElement("script");
    script.src = URL.createObjectURL(code);
    await new Promise((resolve, reject) => {
      script.onload = resolve;
      script.onerror = () => reject(new Error(`the library ${name} does not run`));
      document.head.append(script);
    });
    URL.revokeObjectURL(script.src);
    script.remove();
  });

/** Specification stored in a block. */
const specificationOf = (block) => JSON.parse(block.querySelector("data.specification").value);

/** `chr1:1,001-2,000` of a 0-based, half-open interval. */
const locusText = ({ chrom, start, end }) =>
  `${chrom}:${(start + 1).toLocaleString("en-GB")}-${end.toLocaleString("en-GB")}`;

/** Whether an object is an interval of the genome. */
const isLocus = (row) => typeof row?.chrom === "string" && Number.isFinite(row.start) && Number.isFinite(row.end);

/** The chromosomes of the page's genome browser; none without a browser. */
const browserChromosomes = (() => {
  let known = null;
  return () => {
    const block = document.querySelector("figure.browser");
    known ??= new Set(block ? specificationOf(block).lengths.map(([chrom]) => chrom) : []);
    return known;
  };
})();

/** Tell the page that the reader wants to see a place. */
const showLocus = ({ chrom, start, end }) =>
  document.dispatchEvent(new CustomEvent("locus", { detail: { chrom, start, end } }));
