"""Whole reports of people and of k-mers: each section is there when its input is, and all of it is drawn."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conftest import made

NAMES = ("people", "one_person", "no_segment", "kmers", "no_skill", "model")


@pytest.fixture(scope="module")
def whole_pages(tmp_path_factory) -> Path:
    return made(Path(__file__).with_name("whole_pages.py"), tmp_path_factory.mktemp("whole_pages"))


@pytest.mark.parametrize("width", [1400, 800])
@pytest.mark.parametrize("name", NAMES)
def test_everything_is_drawn(open_report, whole_pages, name, width):
    report = open_report(whole_pages / f"{name}.html", width=width)
    charts = report.page.locator("figure.chart")
    for number in range(charts.count()):
        charts.nth(number).scroll_into_view_if_needed()
    report.ready()
    drawn = report.page.locator("figure.chart .drawing").filter(has=report.page.locator("svg, canvas"))
    assert drawn.count() == charts.count()
    for table in report.page.locator("figure.table .rows").all():
        table.scroll_into_view_if_needed()
    report.page.evaluate("async () => { await Promise.all(archaic.tables.values()); }")
    assert report.page.evaluate("document.documentElement.scrollWidth") <= width
    report.shot(f"whole_{name}_{width}")


@pytest.mark.parametrize("name", ["people", "one_person", "kmers", "no_skill"])
def test_a_section_is_there_when_its_input_is(open_report, whole_pages, name):
    report = open_report(whole_pages / f"{name}.html")
    expected = json.loads((whole_pages / "sections.json").read_text())[name]
    found = report.page.evaluate("[...document.querySelectorAll('main section')].map((section) => section.id)")
    assert [section for section in found if section != "not-in-this-report"] == expected
    missing = report.page.locator("#not-in-this-report")
    assert (missing.count() == 1) == (name == "one_person")
    if name == "one_person":
        text = missing.inner_text()
        for remedy in ("archaictools genes", "haplotypes --archaic", "evaluate"):
            assert remedy in text


def test_no_segment_is_a_result(open_report, whole_pages):
    report = open_report(whole_pages / "no_segment.html")
    assert "No archaic segment was called in 2 people. 120.0 Mb of callable sequence were searched." in (
        report.page.locator("#headline").inner_text()
    )


def test_no_skill_is_as_loud_as_skill(open_report, whole_pages):
    for name, verdict in (("kmers", "skill"), ("no_skill", "no skill")):
        report = open_report(whole_pages / f"{name}.html")
        facts = report.page.locator("#verdict .facts").first.inner_text()
        assert facts.split("\n")[1].strip() == verdict
