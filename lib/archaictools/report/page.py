"""One self-contained HTML file from a :class:`archaictools.report.blocks.Page`.

The template ``assets/page.html.j2`` writes the whole page without a script: text, facts, captions and the first rows of
tables. Scripts then draw charts, take over tables and start the genome browser, see ``assets/README.md``. Equal pages
give equal bytes.

Scripts, styles and data are values of attributes. Galaxy servers that do not trust a tool strip its page: they drop
attributes, but show the text of a script or style as text.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pandas as pd

from archaictools.report import blocks as parts
from archaictools.report.names import safe_name, safe_names
from archaictools.report.packing import gzip_base64, pack

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    import jinja2

#: Rows of a table that are plain HTML.
FIRST_ROWS = 20
#: Libraries and the blocks that need them, in the order in which they are stored, compressed.
LIBRARIES = {
    "vega": parts.Chart,
    "vega-lite": parts.Chart,
    "vega-embed": parts.Chart,
    "tabulator": parts.Table,
    "igv": parts.Browser,
}
#: The page's own scripts, in the order in which they run.
SCRIPTS = ("data.js", "navigation.js", "charts.js", "tables.js", "browser.js", "start.js")
STYLES = ("vendor/tabulator.min.css", "report.css")
_ANCHORS = ("main", "browser", "not-in-this-report")
#: What the page may load: only what it contains.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src data: blob:",
        "style-src 'unsafe-inline' data:",
        "img-src data: blob:",
        "font-src data:",
        "connect-src data: blob:",
        "worker-src blob:",
        "base-uri 'none'",
        "form-action 'none'",
    )
)


@dataclass(frozen=True, kw_only=True)
class _Rows:
    """The first rows of a table as texts, and how many there are."""

    cells: list[list[str]]
    total: int


def render(page: parts.Page) -> str:
    """Return a page as the text of one HTML file.

    Raises
    ------
    ValueError
        Two sections, blocks or datasets have the same name, or a chart or track names a dataset that is not there.
    """
    return "".join(_pieces(page))


def write(path: Path, page: parts.Page) -> None:
    """Write a page as one HTML file, piece by piece.

    Raises
    ------
    ValueError
        As :func:`render` does.
    """
    with path.open("w", encoding="utf-8", errors="replace", newline="\n") as handle:
        handle.writelines(_pieces(page))


def _pieces(page: parts.Page) -> Iterator[str]:
    """Yield the page in pieces; each dataset is packed when its turn comes."""
    specifications = {block.name: _specification(block) for block in _blocks(page) if isinstance(block, parts.Chart)}
    _check(page, specifications)
    return (
        _environment()
        .get_template("page.html.j2")
        .generate(
            page=page,
            policy=POLICY,
            specifications=specifications,
            styles=[_data_url("text/css", _asset(name)) for name in STYLES],
            theme=_data_url("text/javascript", _function(["theme.js"])),
            scripts=_data_url("text/javascript", _function(SCRIPTS)),
            libraries=_libraries(page),
            datasets=_datasets(page),
        )
    )


def _blocks(page: parts.Page) -> Iterator[parts.Block]:
    for section in page.sections:
        yield from section.blocks


def _check(page: parts.Page, specifications: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse names that are there twice, and datasets that are not there."""
    named = [block for block in _blocks(page) if isinstance(block, parts.Table | parts.Chart | parts.Picture)]
    anchors = [*_ANCHORS, *(section.id for section in page.sections), *(entry.id for entry in page.absent)]
    anchors += [block.name for block in named]
    known = [dataset.name for dataset in page.datasets]
    for names, what in ((anchors, "parts"), (known, "datasets")):
        for number, name in enumerate(names):
            if not re.fullmatch(r"[A-Za-z0-9-]+", name):
                raise ValueError(f"the name {name!r} of the page's {what} has characters besides letters, digits and -")
            if name in names[:number]:
                raise ValueError(f"two {what} of the page have the name {name!r}")
    needs = [
        (f"track {track.name!r}", track.dataset)
        for block in _blocks(page)
        for track in (block.tracks if isinstance(block, parts.Browser) else ())
    ]
    for chart, specification in specifications.items():
        own = specification.get("datasets", {})
        needs += [(f"chart {chart!r}", name) for name in _dataset_names(specification) if name not in own]
    for what, name in needs:
        if name not in known:
            raise ValueError(f"{what} needs the dataset {name!r}, which the page lacks")


def _dataset_names(node: object) -> Iterator[str]:
    """Yield the names of datasets that a part of a Vega-Lite specification refers to."""
    if isinstance(node, dict):
        data = node.get("data")
        if isinstance(data, dict) and "name" in data and "values" not in data:
            yield data["name"]
        for key, value in node.items():
            if key != "datasets":
                yield from _dataset_names(value)
    elif isinstance(node, list):
        for value in node:
            yield from _dataset_names(value)


def _libraries(page: parts.Page) -> Iterator[tuple[str, str]]:
    """Yield the libraries that the blocks of a page need, compressed."""
    kinds = {type(block) for block in _blocks(page)}
    for name, kind in LIBRARIES.items():
        if kind in kinds:
            yield f"library-{name}", _library(name)


@cache
def _library(name: str) -> str:
    code = re.sub(r"\n//# sourceMappingURL=\S+\s*$", "\n", _asset(f"vendor/{name}.min.js"))
    return gzip_base64(code.encode("utf-8"))


def _datasets(page: parts.Page) -> Iterator[tuple[str, str]]:
    """Yield element names and packed rows: first those of tables, then those that charts and tracks share."""
    for block in _blocks(page):
        if isinstance(block, parts.Table) and len(block.frame):
            fields = {column.field for column in block.columns}
            if any(column.kind == "locus" for column in block.columns):
                fields |= {"chrom", "start", "end"}
            yield f"rows-{block.name}", pack(block.frame[[name for name in block.frame.columns if name in fields]])
    for dataset in page.datasets:
        yield f"data-{dataset.name}", pack(dataset.frame)


@cache
def _asset(name: str) -> str:
    return (files("archaictools.report") / "assets" / name).read_text(encoding="utf-8")


def _function(names: Iterable[str]) -> str:
    """Return scripts as one function that runs at once, so that their names stay their own."""
    return "\n".join(["(() => {", '"use strict";', *map(_asset, names), "})();", ""])


def _data_url(kind: str, text: str) -> str:
    return f"data:{kind};charset=utf-8;base64,{base64.b64encode(text.encode('utf-8')).decode('ascii')}"


@cache
def _environment() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("archaictools.report", "assets"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.tests["kind"] = lambda block, name: type(block).__name__ == name
    environment.filters |= {
        "first_rows": _first_rows,
        "columns": _columns,
        "browser": _browser,
        "picture": partial(_data_url, "image/svg+xml"),
    }
    return environment


def _specification(block: parts.Chart) -> Mapping[str, Any]:
    """Return the Vega-Lite specification of a chart."""
    import altair as alt

    with alt.data_transformers.enable("default"):
        found: dict[str, Any] = safe_names(block.chart.to_dict())
    return found


def _first_rows(table: parts.Table) -> _Rows:
    """Return the first rows of a table as a reader sees them."""
    shown = table.frame.head(FIRST_ROWS)
    cells = [[_cell(row, column) for column in table.columns] for row in shown.to_dict("records")]
    return _Rows(cells=cells, total=len(table.frame))


def _cell(row: Mapping[Any, Any], column: parts.Column) -> str:
    value = row.get(column.field)
    if column.kind == "locus":
        if pd.isna(row["chrom"]) or pd.isna(row["start"]):
            return "NA"
        return f"{row['chrom']}:{int(row['start']) + 1:,}-{int(row['end']):,}"
    if value is None or pd.isna(value):
        return "" if column.kind == "picture" else "NA"
    if column.kind in {"number", "bar"}:
        return f"{float(value):,.{column.digits}f}"
    return str(value)


def _columns(table: parts.Table) -> list[dict[str, Any]]:
    return [
        {"field": safe_name(c.field), "title": c.title, "kind": c.kind, "digits": c.digits, "help": c.help}
        for c in table.columns
    ]


def _browser(block: parts.Browser) -> dict[str, Any]:
    """Return what the scripts need to start the browser."""
    return {
        "build": block.build,
        "lengths": [[safe_name(chrom), int(length)] for chrom, length in block.lengths.items()],
        "locus": [safe_name(block.locus[0]), int(block.locus[1]), int(block.locus[2])],
        "tracks": safe_names([vars(track) for track in block.tracks]),
    }
