"""The karyogram, the shares, the genes and the browser of people in Chromium, beside the tables they come from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from conftest import made

HOSTILE = "<b>\"P'&é"  # as in people_pages.py

#: Where a segment's mark is on the screen, and what the chart calls it.
MARK = """async ([chart, wanted]) => {
    const { view } = await archaic.charts.get(chart);
    const find = (item) => {
        const row = item.datum;
        if (item.bounds && row && Object.keys(wanted).every((key) => row[key] === wanted[key])) return item;
        for (const child of item.items ?? []) { const found = find(child); if (found) return found; }
        return null;
    };
    const { bounds } = find(view.scenegraph().root);
    const box = view.container().querySelector('canvas, svg').getBoundingClientRect();
    const [left, top] = view.origin();
    const padding = view.padding();
    return [box.left + padding.left + left + (bounds.x1 + bounds.x2) / 2, box.top + padding.top + top + (bounds.y1 + bounds.y2) / 2];
}"""


@pytest.fixture(scope="session")
def people_pages(tmp_path_factory) -> Path:
    return made(Path(__file__).with_name("people_pages.py"), tmp_path_factory.mktemp("people"))


@pytest.fixture(scope="session")
def known(people_pages) -> dict:
    return json.loads((people_pages / "truth.json").read_text())


def place(report, row, chart="karyogram-chart"):
    """Scroll to the mark of a segment and return where it is."""
    report.page.locator(f"#{chart}").scroll_into_view_if_needed()
    report.page.evaluate("async (chart) => { await archaic.charts.get(chart); }", chart)
    argument = [chart, {name: row[name] for name in ("chrom", "start", "sample", "haplotype")}]
    _, y = report.page.evaluate(MARK, argument)
    report.page.mouse.wheel(0, y - 400)
    report.page.wait_for_timeout(300)
    return report.page.evaluate(MARK, argument)


def under(rows, locus, *names):
    """Return the rows that overlap a locus, as the browser lists them."""
    chrom, start, end = locus
    found = [row for row in rows if row["chrom"] == chrom and row["start"] < end and row["end"] > start]
    return sorted((row["start"], row["end"], *(row[name] for name in names)) for row in found)


@pytest.mark.parametrize("name", ["few", "large"])
def test_a_click_on_the_karyogram_moves_the_browser(open_report, people_pages, known, name):
    """``few`` is SVG, ``large`` a canvas; afterwards the tracks show the segments of the table."""
    report = open_report(people_pages / f"{name}.html")
    rows = [row for row in known[name] if row["sample"] == "P002" and row["chrom"] == "chr21"]
    chosen = max(rows, key=lambda row: row["end"] - row["start"])
    report.page.mouse.click(*place(report, chosen))
    report.page.evaluate("async () => { await archaic.browser; }")
    expect(report.page.locator("figure.browser")).to_be_in_viewport()
    report.page.wait_for_timeout(1500)
    locus = report.locus()
    assert locus[0] == "chr21"
    assert locus[1] <= chosen["start"] < chosen["end"] <= locus[2]
    assert locus[2] - locus[1] < 4 * (chosen["end"] - chosen["start"]) + 2_000
    track = "P002" if name == "few" else "Segments"
    own = rows if name == "few" else known[name]
    for row in own:
        row["name"] = f"{row['sample']}.{row['haplotype']}"
    found = sorted((each["start"], each["end"], each["name"]) for each in report.features(track))
    assert found == under(own, locus, "name")
    assert (chosen["start"], chosen["end"], chosen["name"]) in found


def test_a_tooltip_tells_the_segment(open_report, people_pages, known):
    report = open_report(people_pages / "few.html")
    chosen = max((row for row in known["few"] if row["sample"] == HOSTILE), key=lambda row: row["end"] - row["start"])
    report.page.mouse.move(*place(report, chosen))
    tooltip = report.page.locator("#vg-tooltip-element")
    expect(tooltip).to_be_visible()
    told = dict(tooltip.locator("tr").evaluate_all("rows => rows.map(r => [...r.cells].map(c => c.textContent))"))
    assert told == {
        "Person": HOSTILE,
        "Haplotype": str(chosen["haplotype"]),
        "Segment": f"{chosen['chrom']}:{chosen['start'] + 1:,}-{chosen['end']:,}",
        "Length (kb)": f"{(chosen['end'] - chosen['start']) / 1000:,.1f}",
        "Source": chosen["source"],
        "Posterior": f"{chosen['posterior']:.3f}",
    }


def test_every_track_shows_its_rows(open_report, people_pages, known):
    """It opens at the longest segment with a posterior of 0.9; there every track equals its table."""
    report = open_report(people_pages / "few.html")
    report.ready()
    locus = report.locus()
    sure = [row for row in known["few"] if row["posterior"] >= 0.9]
    longest = max(row["end"] - row["start"] for row in sure)
    assert any(
        row["chrom"] == locus[0] and locus[1] <= row["start"] < row["end"] <= locus[2]
        for row in sure
        if row["end"] - row["start"] == longest
    )
    report.page.evaluate("async () => { await (await archaic.browser).search('chr20:2000001-9000000'); }")
    report.page.wait_for_timeout(500)
    locus = report.locus()
    assert locus == ("chr20", 2_000_000, 9_000_000)
    for sample in ("P000", "P002"):
        own = [row for row in known["few"] if row["sample"] == sample]
        assert sorted((each["start"], each["end"]) for each in report.features(sample)) == under(own, locus)
    assert sorted((each["start"], each["end"], each["name"]) for each in report.features("Genes")) == under(
        known["genes"], locus, "gene"
    )
    mean = {(each["start"], each["end"]): each["value"] for each in report.features("Mean posterior, all haplotypes")}
    assert mean[2_000_000, 2_100_000] == 0.25
    assert mean[8_900_000, 9_000_000] == 0.75
    for each in report.features("Share of haplotypes"):
        middle = (each["start"] + each["end"]) / 2
        carriers = [r for r in known["few"] if r["chrom"] == "chr20" and r["start"] <= middle < r["end"]]
        assert each["value"] == pytest.approx(len(carriers) / 6)
    # A hidden track can be added.
    report.page.locator("figure.browser .tools select").select_option(label="Posterior P002.1")
    report.page.wait_for_timeout(500)
    assert {each["value"] for each in report.features("Posterior P002.1")} == {0.25, 0.75}


def test_genes_sort_search_and_move_the_browser(open_report, people_pages, known):
    report = open_report(people_pages / "few.html")
    page = report.page
    cells = report.table("gene-table")
    most = max(row["haplotypes"] for row in known["genes"])
    assert cells[0][2] == str(most)
    page.locator("#gene-table .tabulator-col", has_text="Haplotypes").first.click()
    page.wait_for_timeout(300)
    counts = [row[2] for row in report.table("gene-table")]
    assert counts == sorted(counts, key=lambda text: (text == "NA", float(text) if text != "NA" else 0))
    assert counts[0] == "0"
    field = page.locator("#gene-table input[type=search]")
    field.fill("gene77")
    page.wait_for_timeout(500)
    gene = next(row for row in known["genes"] if row["gene"] == "GENE77")
    (row,) = report.table("gene-table")
    assert row[:2] == ["GENE77", f"{gene['chrom']}:{gene['start'] + 1:,}-{gene['end']:,}"]
    field.fill("GENE3")
    page.wait_for_timeout(500)
    wanted = [row for row in known["genes"] if "GENE3" in row["gene"]]
    expect(page.locator("#gene-table output")).to_have_text(f"{len(wanted)} of 200 rows")
    field.fill("gene77")
    page.wait_for_timeout(500)
    page.locator("#gene-table button.locus").first.click()
    page.evaluate("async () => { await archaic.browser; }")
    page.wait_for_timeout(1500)
    chrom, start, end = report.locus()
    assert (chrom, start <= gene["start"], end >= gene["end"]) == (gene["chrom"], True, True)


def test_the_landscape_moves_the_browser(open_report, people_pages, known):
    report = open_report(people_pages / "few.html")
    report.page.locator("#landscape-chart").scroll_into_view_if_needed()
    peaks = report.table("peaks")
    chrom, _, span = peaks[0][1].partition(":")
    start, end = (int(part.replace(",", "")) for part in span.split("-"))
    carriers = {
        (row["sample"], row["haplotype"])
        for row in known["few"]
        if row["chrom"] == chrom and row["start"] < end and row["end"] > start - 1
    }
    assert peaks[0][5] == str(len(carriers))
    report.page.locator("#peaks button.locus").first.click()
    report.page.evaluate("async () => { await archaic.browser; }")
    report.page.wait_for_timeout(1500)
    found = report.locus()
    assert (found[0], found[1] < start, found[2] >= end) == (chrom, True, True)


@pytest.mark.parametrize("name", ["few", "large", "many", "none"])
@pytest.mark.parametrize("width", [800, 1400])
def test_pages_draw_without_an_error(open_report, people_pages, name, width):
    report = open_report(people_pages / f"{name}.html", width=width)
    for chart in ("karyogram-chart", "landscape-chart"):
        report.page.locator(f"#{chart}").scroll_into_view_if_needed()
        expect(report.page.locator(f"#{chart} .drawing").locator("canvas, svg").first).to_be_visible()
    report.ready()
    # Nothing is wider than the page.
    assert report.page.evaluate("document.documentElement.scrollWidth") <= width
    report.shot(f"people_{name}_{width}")
