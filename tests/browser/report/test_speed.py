"""A large report stays small and opens quickly: 20 people, 22 chromosomes, 46,000 segments, 40,000 genes."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import made

#: When the text is shown, and when the first chart is drawn, in ms after the page was asked for.
TIMES = """async () => {
    await archaic.charts.values().next().value;
    const chart = performance.now();
    const { domContentLoadedEventEnd } = performance.getEntriesByType("navigation")[0];
    return [domContentLoadedEventEnd, chart];
}"""


@pytest.fixture(scope="module")
def large(tmp_path_factory) -> Path:
    return made(Path(__file__).with_name("large_pages.py"), tmp_path_factory.mktemp("large")) / "large.html"


def test_a_large_report_has_less_than_15_mb(large):
    assert large.stat().st_size < 15_000_000


def test_a_large_report_opens_in_3_seconds(open_report, large):
    text, chart = open_report(large).page.evaluate(TIMES)
    assert text < 3_000
    assert chart < 3_000


def test_the_tables_and_the_browser_of_a_large_report_work(open_report, large):
    report = open_report(large)
    assert report.table("gene-table")
    report.page.locator("#gene-table input[type=search]").fill("GENE39999")
    report.page.wait_for_timeout(500)
    assert [row[0] for row in report.table("gene-table")] == ["GENE39999"]
    report.page.locator("#gene-table button.locus").click()
    report.page.evaluate("archaic.browser.then(() => null)")
    report.page.wait_for_timeout(2_000)
    found = report.features("Genes")
    assert "GENE39999" in {feature["name"] for feature in found}
