"""Names that are properties of JavaScript objects, or have spaces and markup: nothing of the page may be lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import made

#: How many marks each chart draws, by the kind of mark.
MARKS = """async () => {
    const found = {};
    for (const [id, chart] of archaic.charts) {
        const { view } = await chart;
        const counts = new Map();
        const visit = (item) => {
            for (const child of item.items ?? []) {
                const kind = item.marktype;
                if (kind && kind !== 'group') counts.set(kind, (counts.get(kind) ?? 0) + 1);
                visit(child);
            }
        };
        visit(view.scenegraph().root);
        found[id] = Object.fromEntries(counts);
    }
    return found;
}"""

#: How many features or bars each track of the browser has on each chromosome, in the order of both.
FEATURES = """async () => {
    const browser = await archaic.browser;
    const specification = document.querySelector('figure.browser data.specification').value;
    const { lengths } = JSON.parse(specification);
    const found = [];
    for (const { track } of browser.trackViews.filter((view) => ['wig', 'annotation'].includes(view.track.type))) {
        const row = [];
        for (const [chrom, length] of lengths) row.push((await track.getFeatures(chrom, 0, length, 1)).length);
        found.push(row);
    }
    return found;
}"""

#: Every cell of every table, as its rows hold them.
CELLS = """async () => {
    const found = {};
    for (const [id, table] of archaic.tables) {
        document.getElementById(id).scrollIntoView();
        found[id] = (await table).getRows().map((row) => row.getCells().map((cell) => cell.getElement().textContent));
    }
    return found;
}"""


@pytest.fixture(scope="module")
def odd_pages(tmp_path_factory) -> Path:
    return made(Path(__file__).with_name("odd_pages.py"), tmp_path_factory.mktemp("odd"))


def test_a_page_of_odd_names_shows_what_one_of_plain_names_does(open_report, odd_pages):
    charts, tracks, tables = {}, {}, {}
    for name in ("plain", "odd"):
        report = open_report(odd_pages / f"{name}.html")
        report.ready()
        charts[name] = report.page.evaluate(MARKS)
        tracks[name] = report.page.evaluate(FEATURES)
        tables[name] = report.page.evaluate(CELLS)
    assert charts["odd"] == charts["plain"]
    assert sum(charts["odd"]["karyogram-chart"].values()) > 1_000
    assert tracks["odd"] == tracks["plain"]
    assert len(tracks["odd"]) == 7  # share, five people, genes
    assert all(min(row) > 0 for row in tracks["odd"])
    shape = {
        name: {id: [[text == "NA" for text in row] for row in rows] for id, rows in found.items()}
        for name, found in tables.items()
    }
    assert shape["odd"] == shape["plain"]
    assert any("constructor" in text for row in tables["odd"]["gene-table"] for text in row)


def test_a_place_on_a_chromosome_of_an_odd_name_moves_the_browser(open_report, odd_pages):
    report = open_report(odd_pages / "odd.html")
    report.ready()
    report.table("gene-table")
    for name in ("__proto__", "constructor", "chr 3", "<b>"):
        button = report.page.locator("#gene-table button.locus").filter(has_text=name).first
        button.scroll_into_view_if_needed()
        where = button.inner_text()
        button.click()
        report.page.wait_for_timeout(700)
        chrom, start, end = report.locus()
        assert where.startswith(f"{chrom}:")
        first, last = (int(part.replace(",", "")) for part in where.rpartition(":")[2].split("-"))
        assert start < first
        assert last <= end
