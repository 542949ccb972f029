"""The report's page in Chromium, offline. ``open_report`` fails a test that leaves a console message or a request."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect


def test_every_block_is_drawn(open_report, pages):
    report = open_report(pages / "plain.html")
    report.ready()
    page = report.page
    assert page.locator("main h2").all_inner_texts() == [
        "Headline", "Lengths of segments", "Genes", "Genome browser", "Not in this report",
    ]  # fmt: skip
    expect(page.locator(".needs-scripts")).to_have_count(0)
    expect(page.locator("#histogram svg")).to_be_visible()
    expect(page.locator("#points canvas")).to_be_visible()
    expect(page.locator("#genome .view")).to_be_visible()
    assert page.locator("#logo img").evaluate("image => [image.naturalWidth, image.naturalHeight]") == [60, 20]


def test_a_chart_shows_the_data(open_report, pages, truth):
    """The bars of the histogram, counted again."""
    report = open_report(pages / "plain.html")
    report.ready()
    labels = report.page.locator("#histogram .mark-rect path").evaluate_all(
        "all => all.map(p => p.getAttribute('aria-label'))"
    )
    drawn = {}
    for label in labels:
        low, count, name = re.fullmatch(r"Length \(kb\): (\d+) \S \d+; Segments: (\d+); Source: (\w+)", label).groups()
        drawn[float(low), name] = int(count)
    counted = {}
    for row in truth["segments"]:
        key = (row["length"] // 20 * 20.0, row["name"])
        counted[key] = counted.get(key, 0) + 1
    assert drawn == counted


def test_a_click_on_a_mark_moves_the_browser(open_report, pages, truth):
    report = open_report(pages / "plain.html")
    report.ready()
    chosen = [row for row in truth["segments"] if row["chrom"] == "chr1"][5]
    mark = report.page.locator("#along .mark-rect path").nth(5)
    mark.scroll_into_view_if_needed()
    mark.click()
    report.page.wait_for_timeout(1000)
    chrom, start, end = report.locus()
    assert (chrom, start <= chosen["start"], end >= chosen["end"]) == ("chr1", True, True)
    assert end - start < 4 * (chosen["end"] - chosen["start"]) + 2_000
    expect(report.page.locator("figure.browser")).to_be_in_viewport()
    track = chosen["haplotype"]
    if track == "P1.1":
        assert [(f["start"], f["end"]) for f in report.features(track)] == [(chosen["start"], chosen["end"])]


def test_the_browser_shows_the_rows_under_its_locus(open_report, pages, truth):
    report = open_report(pages / "plain.html")
    report.ready()
    chrom, start, end = report.locus()
    assert (chrom, start, end) == ("chr1", 3_000_000, 5_000_000)

    def inside(rows):
        return sorted(
            (r["start"], r["end"]) for r in rows if r["chrom"] == chrom and r["start"] < end and r["end"] > start
        )

    segments = [row for row in truth["segments"] if row["haplotype"] == "P1.1"]
    assert sorted((f["start"], f["end"]) for f in report.features("P1.1")) == inside(segments)
    values = {(r["start"], r["value"]) for r in truth["share"] if r["chrom"] == chrom and start <= r["start"] < end}
    assert values <= {(f["start"], f["value"]) for f in report.features("share")}


def test_bars_are_drawn_from_0_to_1_wherever_the_browser_is(open_report, pages, truth):
    """By default igv.js draws the highest bar in view as tall as 1."""
    report = open_report(pages / "plain.html")
    report.ready()
    low = next(row for row in truth["share"] if row["chrom"] == "chr1" and row["value"] == 0.25)
    report.page.evaluate("row => archaic.browser.then(b => b.search(`chr1:${row.start + 1}-${row.end}`))", low)
    scale = report.page.evaluate(
        """archaic.browser.then(browser => {
            const { track } = browser.trackViews.find(view => view.track.name === "share");
            return [track.dataRange.min, track.dataRange.max];
        })"""
    )
    assert scale == [0, 1]


def test_a_feature_has_its_colour_and_opacity(open_report, pages, truth):
    report = open_report(pages / "plain.html")
    report.ready()
    row = next(row for row in truth["segments"] if row["haplotype"] == "P1.1" and row["name"] == "Denisova")
    colour = report.page.evaluate(
        """row => archaic.browser.then(browser => {
            const { track } = browser.trackViews.find(view => view.track.name === "P1.1");
            return track.getColorForFeature ? track.getColorForFeature(row) : track.color(row);
        })""",
        row,
    )
    opacity = 0.25 + 0.75 * row["score"]
    assert [float(part) for part in re.findall(r"[\d.]+", colour)] == pytest.approx([0, 114, 178, opacity])


def test_a_hidden_track_can_be_added_and_comes_back_to_the_menu(open_report, pages, truth):
    report = open_report(pages / "plain.html")
    report.ready()
    menu = report.page.locator("#browser .tools select")
    assert menu.locator("option").all_inner_texts() == ["choose", "P1.2"]
    menu.select_option(label="P1.2")
    report.page.wait_for_function("archaic.browser.then(b => b.trackViews.some(v => v.track.name === 'P1.2'))")
    segments = [row for row in truth["segments"] if row["haplotype"] == "P1.2" and row["chrom"] == "chr1"]
    found = {(f["start"], f["end"]) for f in report.features("P1.2")}
    assert found
    assert found <= {(row["start"], row["end"]) for row in segments}
    expect(menu.locator("option", has_text="P1.2")).to_be_disabled()
    report.page.evaluate("archaic.browser.then(b => { b.removeTrackByName('P1.2'); })")
    expect(menu.locator("option", has_text="P1.2")).to_be_enabled()


def test_a_gene_can_be_searched_in_the_browser(open_report, pages, truth):
    report = open_report(pages / "plain.html")
    report.ready()
    field = report.page.locator("#browser input.igv-search-input")
    field.fill("gene123")
    field.press("Enter")
    report.page.wait_for_timeout(800)
    gene = next(row for row in truth["genes"] if row["name"] == "GENE123")
    chrom, start, end = report.locus()
    assert chrom == gene["chrom"]
    assert start <= gene["start"] < gene["end"] <= end


def test_a_click_on_a_feature_shows_its_values(open_report, pages, truth):
    report = open_report(pages / "plain.html")
    report.ready()
    text = report.page.evaluate(
        """row => archaic.browser.then(browser => {
            const { track } = browser.trackViews.find(view => view.track.name === "P1.1");
            return browser.fireEvent("trackclick", [track, [], row.start, [{ ...row, chr: row.chrom, row: 0 }]]);
        })""",
        truth["segments"][0],
    )
    row = truth["segments"][0]
    assert f"Position: <b>chr1:{row['start'] + 1:,}-{row['end']:,}</b>" in text
    assert f"name: <b>{row['name']}</b>" in text


def test_a_table_sorts_with_na_last_in_both_directions(open_report, pages, truth):
    report = open_report(pages / "plain.html")
    assert report.table("genes")[0] == ["P1", "chr1:1-5,000", "NA", "NA"]
    header = report.page.locator("#genes .tabulator-col", has_text="People")
    values = sorted(row["people"] for row in truth["genes"] if row["people"] is not None)
    for order in (values, values[::-1]):
        header.click()
        found = report.page.evaluate("archaic.tables.get('genes').then(t => t.getData('active').map(r => r.people))")
        assert [value for value in found if value is not None] == order
        assert found[len(order) :] == [None] * (301 - len(order))


def test_a_table_sorts_positions_by_chromosome_and_start(open_report, pages, truth):
    report = open_report(pages / "plain.html")
    report.table("genes")
    report.page.locator("#genes .tabulator-col", has_text="Position").click()
    found = report.page.evaluate(
        "archaic.tables.get('genes').then(t => t.getData('active').map(r => [r.chrom, r.start]))"
    )
    assert found == sorted([row["chrom"], row["start"]] for row in truth["genes"])


def test_a_table_is_searched(open_report, pages):
    report = open_report(pages / "plain.html")
    report.table("genes")
    field = report.page.locator("#genes input[type=search]")
    expect(report.page.locator("#genes output")).to_have_text("301 rows")
    field.fill("gene12")
    expect(report.page.locator("#genes output")).to_have_text("11 of 301 rows")
    assert [row[0] for row in report.table("genes")][:3] == ["GENE12", "GENE120", "GENE121"]
    locus = report.table("genes")[0][1]
    for text in (locus, locus.replace(",", "")):  # a position is found with and without commas
        field.fill(text)
        expect(report.page.locator("#genes output")).to_have_text("1 of 301 rows")
    field.fill("no such gene")
    expect(report.page.locator("#genes output")).to_have_text("0 of 301 rows")
    field.fill("")
    expect(report.page.locator("#genes output")).to_have_text("301 rows")


def test_a_position_in_a_table_moves_the_browser(open_report, pages):
    report = open_report(pages / "plain.html")
    report.ready()
    report.table("genes")
    report.page.locator("#genes input[type=search]").fill("GENE200")
    report.page.locator("#genes button.locus").first.click()
    report.page.wait_for_timeout(800)
    assert report.locus() == ("chr1", 2_007_500, 2_017_500)


def test_a_place_asked_for_before_the_browser_is_there(open_report, pages):
    report = open_report(pages / "plain.html")
    report.page.evaluate(
        "document.dispatchEvent(new CustomEvent('locus', {detail: {chrom: 'chr2', start: 100, end: 3900}}))"
    )
    report.ready()
    report.page.wait_for_timeout(800)
    assert report.locus() == ("chr2", 0, 5_800)


def brightness(report, selector: str, what: str) -> int:
    colour = report.page.locator(selector).first.evaluate(f"one => getComputedStyle(one).{what}")
    return sum(int(part) for part in re.findall(r"\d+", colour)[:3]) // 3


@pytest.mark.parametrize("dark", [False, True])
def test_light_and_dark(open_report, pages, dark):
    """The page follows the system; the switch turns it over, and a reload keeps that."""
    report = open_report(pages / "plain.html", dark=dark)
    report.ready()

    def is_dark() -> bool:
        paper, ink = brightness(report, "body", "backgroundColor"), brightness(report, "body", "color")
        label = brightness(report, "#histogram .role-axis-label text", "fill")
        assert abs(paper - ink) > 150
        assert abs(paper - label) > 90
        return paper < ink

    assert is_dark() == dark
    report.page.locator("button.theme").click()
    report.ready()
    assert is_dark() != dark
    report.page.reload()
    report.ready()
    assert is_dark() != dark


def test_paper_is_white(open_report, pages):
    report = open_report(pages / "plain.html", dark=True)
    report.ready()
    report.page.emulate_media(media="print", color_scheme="dark")
    assert brightness(report, "body", "backgroundColor") > 250
    assert brightness(report, "#histogram .role-axis-title text", "fill") < 80
    expect(report.page.locator("nav.sections")).to_be_hidden()
    expect(report.page.locator("#genes .first table")).to_be_visible()
    expect(report.page.locator("#genes .tabulator")).to_be_hidden()


def test_without_scripts_the_page_is_readable(open_report, pages):
    report = open_report(pages / "plain.html", scripts=False)
    expect(report.page.locator(".needs-scripts")).to_contain_text("download this file")
    assert report.page.locator("#genes tbody tr").count() == 20
    expect(report.page.locator("#genes .part")).to_have_text("The first 20 of 301 rows.")
    report.shot("report-without-scripts")


def test_hostile_names_stay_text(open_report, pages, truth):
    """Wherever a name is shown: the fixture fails on a dialog, a request or a console message."""
    report = open_report(pages / "hostile.html")
    report.ready()
    name = truth["hostile"]
    assert name.replace("\u2028", "") in report.page.locator("h1").evaluate(
        "one => one.textContent.replace(/\\u2028/g, '')"
    )
    assert report.table("genes")[0][0] == name
    report.page.locator("#browser .tools select").select_option(label=" ".join(f"{name}.2".split()))
    report.page.wait_for_function(
        "archaic.browser.then(b => b.trackViews.filter(v => v.track.type === 'annotation').length === 3)"
    )
    labels = report.page.evaluate(
        "archaic.browser.then(b => [...document.querySelector('#browser .view').shadowRoot.querySelectorAll('.igv-track-label')].map(l => l.textContent))"
    )
    assert f"{name}.1" in labels
    mark = report.page.locator("#along .mark-rect path").first
    mark.scroll_into_view_if_needed()
    mark.hover()
    expect(report.page.locator("#vg-tooltip-element")).to_contain_text("<img src=x")
    report.page.locator("#genes .tabulator-col").first.hover()
    expect(report.page.locator(".tabulator-tooltip")).to_contain_text("<img src=x")
    shadow = report.page.locator("#browser .view")
    for place in ("document", "archaicShadow"):
        report.page.evaluate("window.archaicShadow = document.querySelector('#browser .view').shadowRoot")
        assert report.page.evaluate(f"{place}.querySelectorAll('img[src=x]').length") == 0
    box = shadow.bounding_box()
    popup = report.page.evaluate(
        """name => archaic.browser.then(browser => {
            const view = browser.trackViews.find(view => view.track.type === "annotation");
            return browser.fireEvent("trackclick", [view.track, [], 0, [{ chr: "chr1", start: 0, end: 9, name }]]);
        })""",
        name,
    )
    assert "<img" not in popup
    assert box["width"] > 400


def test_no_rows_at_all(open_report, pages):
    report = open_report(pages / "empty.html")
    report.ready()
    expect(report.page.locator("#genes .empty")).to_have_text("No rows.")
    assert report.features("share") == []


def test_the_keyboard_reaches_what_the_mouse_does(open_report, pages):
    report = open_report(pages / "plain.html")
    report.ready()
    report.page.keyboard.press("Tab")
    expect(report.page.locator("a.skip")).to_be_focused()
    report.page.keyboard.press("Tab")
    seen = []
    for _ in range(12):
        seen.append(report.page.evaluate("document.activeElement.textContent"))
        outline = report.page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
        assert outline != "0px"
        report.page.keyboard.press("Tab")
        if report.page.evaluate("document.activeElement.closest('#genes, #browser')") is not None:
            break
    assert {"Dark", "Headline", "Genes"} <= set(seen)


def test_the_keyboard_sorts_a_table(open_report, pages, truth):
    report = open_report(pages / "plain.html")
    report.table("genes")
    report.page.locator("#genes .tabulator-col", has_text="People").focus()
    report.page.keyboard.press("Enter")
    found = report.page.evaluate("archaic.tables.get('genes').then(t => t.getData('active')[0].people)")
    assert found == min(row["people"] for row in truth["genes"] if row["people"] is not None)


def test_a_canvas_is_drawn_again_only_when_the_colours_change(open_report, pages):
    """A chart of 50,000 marks takes a second, so the start of a page may not draw it twice."""
    report = open_report(pages / "plain.html")
    report.page.add_init_script(
        "window.changes = 0; document.addEventListener('theme', () => { window.changes += 1; });"
    )
    report.page.reload()
    report.ready()
    assert report.page.evaluate("window.changes") == 0
    report.page.evaluate("archaic.charts.get('points').then(drawing => { window.first = drawing; })")
    report.page.locator("button.theme").click()
    assert report.page.evaluate("archaic.charts.get('points').then(drawing => drawing !== window.first)")


def test_what_cannot_be_drawn_is_told(open_report, pages):
    """A page whose dataset is damaged shows everything else, and says what is missing."""
    report = open_report(pages / "damaged.html")
    expect(report.page.locator("#histogram .drawing")).to_contain_text("The chart cannot be shown: ")
    assert report.table("genes")[0][0] == "P1"
    assert report.errors
    report.errors.clear()


def test_a_chromosome_of_a_hostile_name(open_report, pages, truth):
    report = open_report(pages / "hostile.html")
    report.ready()
    report.page.evaluate(
        "name => document.dispatchEvent(new CustomEvent('locus', {detail: {chrom: name, start: 1000000, end: 2000000}}))",
        truth["hostile"],
    )
    report.page.wait_for_timeout(800)
    assert report.locus() == (truth["hostile"], 500_000, 2_500_000)
    assert (
        report.page.evaluate(
            "document.querySelector('#browser .view').shadowRoot.querySelectorAll('img[src=x]').length"
        )
        == 0
    )


@pytest.mark.parametrize("width", [800, 1400])
def test_nothing_is_wider_than_the_page(open_report, pages, width):
    report = open_report(pages / "plain.html", width=width)
    report.ready()
    report.table("genes")
    assert report.page.evaluate("document.documentElement.scrollWidth") <= width
    chart = report.page.locator("#histogram svg").bounding_box()
    assert chart["width"] > 0.65 * width
    report.shot(f"report-page-{width}")


def test_a_dark_screenshot(open_report, pages):
    report = open_report(pages / "plain.html", dark=True)
    report.ready()
    report.table("genes")
    report.shot("report-page-1400-dark")
