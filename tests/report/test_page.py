"""The report's page as text: structure, escaping, sameness, packed rows and what it may load. Nothing runs here."""

from __future__ import annotations

import base64
import csv
import gzip
import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

import altair as alt
import pandas as pd
import pytest

import html_page
from archaictools.report import blocks as b
from archaictools.report.page import POLICY, render, write

ROOT = Path(__file__).resolve().parents[2]
ASSETS = ROOT / "lib/archaictools/report/assets"
VENDOR = ASSETS / "vendor"
#: A name that ends every context of a page: elements, attributes, scripts, JSON, base64.
HOSTILE = "</script></data><img src=x onerror=alert(1)>\"'&amp;--><!--\u2028\u00e9\U0001f9ec</textarea>"


def column(field: str, kind: str = "text", **rest) -> b.Column:
    return b.Column(field=field, title=rest.pop("title", field), kind=kind, **rest)


def page(name: str = "P1", rows: int = 25) -> b.Page:
    """A page with every kind of block, in which a name is wherever a name can be."""
    frame = pd.DataFrame(
        {
            "sample": [name, *(f"S{n}" for n in range(1, rows))],
            "percent": [1.234, None, *(0.0,) * (rows - 2)],
            "chrom": "chr1",
            "start": [1000 * n for n in range(rows)],
            "end": [1000 * n + 500 for n in range(rows)],
            "unseen": "not shown",
        }
    )
    segments = pd.DataFrame({"chrom": [name], "start": [5], "end": [9], "name": [name], "haplotype": [name]})
    chart = (
        alt.Chart(alt.NamedData("segments")).mark_bar().encode(x="start:Q").properties(width="container", title=name)
    )
    table = b.Table(
        name="people",
        frame=frame,
        caption=name,
        search=True,
        columns=(
            column("sample", title=name, help=name),
            column("percent", "bar", digits=2),
            column("locus", "locus"),
        ),
    )
    track = b.Track(name=name, dataset="segments", kind="features", colour="#000000", where=("haplotype", name))
    return b.Page(
        title=name,
        subtitle=name,
        datasets=(b.Dataset(name="segments", frame=segments),),
        absent=(b.Absent(id="accuracy", title=name, how=name),),
        legend=(b.LegendEntry(label=name, colour="#cc3311", shape="outline"),),
        sections=(
            b.Section(
                id="first",
                title=name,
                lead=name,
                blocks=(
                    b.Text(name),
                    b.Facts(items=((name, name),)),
                    b.Notes(items=(name,), title=name, warning=True),
                    table,
                ),
            ),
            b.Section(
                id="second",
                title="Second",
                lead=name,
                blocks=(
                    b.Chart(name="chart", chart=chart, caption=name),
                    b.Picture(name="picture", svg="<svg xmlns='http://www.w3.org/2000/svg'/>", caption=name),
                    b.Browser(lengths={name: 100}, build=name, locus=(name, 5, 9), tracks=(track,)),
                ),
            ),
        ),
    )


@pytest.fixture(scope="module")
def tree() -> html_page.Element:
    return html_page.read(render(page()))


def test_sections_have_headings_in_order(tree):
    levels = [int(one.tag[1]) for one in tree.walk() if re.fullmatch("h[1-6]", one.tag)]
    assert levels == [1, 2, 3, 2, 2]
    assert [link.attributes["href"] for link in tree.all("nav")[0].all("a")] == [
        "#first",
        "#second",
        "#not-in-this-report",
    ]
    for section in tree.all("section"):
        assert tree.by_id(section.attributes["aria-labelledby"]).tag == "h2"


def test_ids_are_unique(tree):
    ids = [one.attributes["id"] for one in tree.walk() if "id" in one.attributes]
    assert len(set(ids)) == len(ids)


def test_every_block_is_there_without_scripts(tree):
    first = tree.by_id("first")
    assert "P1 P1 P1 P1" in first.text  # the lead, the paragraph, the fact's name and value
    assert len(first.all("div", class_="warning")) == 1
    cells = [[cell.text for cell in row.all("td")] for row in first.all("tbody")[0].all("tr")]
    assert len(cells) == 20
    assert cells[:3] == [
        ["P1", "1.23", "chr1:1-500"],
        ["S1", "NA", "chr1:1,001-1,500"],
        ["S2", "0.00", "chr1:2,001-2,500"],
    ]
    assert "The first 20 of 25 rows." in first.text
    assert tree.by_id("chart").all("figcaption")[0].text == "P1"
    assert tree.by_id("picture").all("img")[0].attributes["alt"] == "P1"


def test_a_reader_without_scripts_is_told_how_to_get_the_whole(tree):
    (line,) = tree.all("p", class_="needs-scripts")
    assert "download this file" in line.text


def test_absent_sections_are_listed_with_what_to_do(tree):
    section = tree.by_id("not-in-this-report")
    assert [one.text for one in section.all("dt")] == ["P1"]
    assert [one.text for one in section.all("dd")] == ["P1"]
    without = html_page.read(render(replace(page(), absent=())))
    assert not [one for one in without.walk() if one.attributes.get("id") == "not-in-this-report"]


def test_packed_rows_are_those_of_the_blocks(tree):
    rows = html_page.table(tree, "people")
    assert set(rows) == {"sample", "percent", "chrom", "start", "end"}  # the unseen column is left out
    assert rows["percent"][:3] == [pytest.approx(1.234, rel=1e-6), None, 0]
    assert rows["start"] == [1000 * n for n in range(25)]
    assert html_page.dataset(tree, "segments") == {
        "chrom": ["P1"], "start": [5], "end": [9], "name": ["P1"], "haplotype": ["P1"],
    }  # fmt: skip


def test_a_name_from_a_file_stays_text():
    """The page of a hostile name has the elements of the page of a plain one, and shows the name."""

    def shape(element: html_page.Element):
        return element.tag, sorted(element.attributes), [shape(child) for child in element.children]

    html = render(page(HOSTILE))
    hostile = html_page.read(html)
    assert shape(hostile) == shape(html_page.read(render(page())))
    assert hostile.all("h1")[0].text == " ".join(HOSTILE.split())
    assert hostile.by_id("people").all("td")[0].text == " ".join(HOSTILE.split())
    assert html_page.table(hostile, "people")["sample"][0] == HOSTILE
    specification = json.loads(hostile.by_id("chart").all("data")[0].attributes["value"])
    assert specification["title"] == HOSTILE
    browser = json.loads(hostile.by_id("browser").all("data")[0].attributes["value"])
    assert browser["tracks"][0]["where"] == ["haplotype", HOSTILE]
    assert "<img src=x" not in html


def test_equal_pages_give_equal_bytes(tmp_path):
    one = page()
    assert render(one) == render(one)
    write(tmp_path / "report.html", one)
    assert (tmp_path / "report.html").read_bytes() == render(one).encode("utf-8")


def test_half_a_character_does_not_stop_the_writer(tmp_path):
    write(tmp_path / "report.html", page("half \udc80"))
    assert (
        html_page.table(html_page.read((tmp_path / "report.html").read_text()), "people")["sample"][0] == "half \udc80"
    )


def test_a_page_without_blocks_of_a_kind_lacks_their_library():
    plain = b.Page(title="T", subtitle="S", sections=(b.Section(id="a", title="A", lead="L", blocks=(b.Text("t"),)),))
    assert html_page.read(render(plain)).all("data") == []
    assert len(render(plain)) < 150_000


def test_an_empty_table_says_so():
    empty = b.Table(name="none", frame=pd.DataFrame({"a": []}), columns=(column("a"),), caption="Nothing.")
    html = render(b.Page(title="T", subtitle="S", sections=(b.Section(id="s", title="S", lead="L", blocks=(empty,)),)))
    assert html_page.read(html).by_id("none").text == "Nothing. No rows."


def changed(*blocks: b.Block, **rest) -> b.Page:
    section = b.Section(id="one", title="One", lead="", blocks=blocks)
    return b.Page(**{"title": "T", "subtitle": "S", "sections": (section,), **rest})


def picture(name: str) -> b.Picture:
    return b.Picture(name=name, svg="<svg/>", caption="c")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (changed(picture("a"), picture("a")), "two parts of the page have the name 'a'"),
        (changed(picture("one")), "two parts of the page have the name 'one'"),
        (changed(picture("main")), "two parts of the page have the name 'main'"),
        (changed(picture("a b")), "'a b' of the page's parts has characters besides letters, digits and -"),
        (
            changed(datasets=(b.Dataset(name="a", frame=pd.DataFrame()),) * 2),
            "two datasets of the page have the name 'a'",
        ),
        (
            changed(
                b.Browser(
                    lengths={"1": 9},
                    build="b",
                    locus=("1", 0, 9),
                    tracks=(b.Track(name="t", dataset="gone", kind="values", colour="#000000"),),
                )
            ),
            "track 't' needs the dataset 'gone', which the page lacks",
        ),
        (
            changed(b.Chart(name="c", chart=alt.Chart(alt.NamedData("gone")).mark_bar().encode(x="a:Q"), caption="c")),
            "chart 'c' needs the dataset 'gone', which the page lacks",
        ),
    ],
)
def test_names_that_cannot_work_are_refused(wrong, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        render(wrong)


def loads(element: html_page.Element) -> list[str]:
    return [
        value
        for one in element.walk()
        for name, value in one.attributes.items()
        if name in {"src", "href", "srcset", "action", "data"} and value
    ]


def test_the_page_loads_only_what_it_contains(tree):
    """Links lead into the page, scripts and styles are data; our own scripts and styles name no address."""
    assert {value.partition(":")[0] if value[0] != "#" else "#" for value in loads(tree)} == {"#", "data"}
    assert tree.all("meta", content=POLICY)
    assert not re.search(r"https?:|unsafe-eval|\*", POLICY)
    for path in [*ASSETS.glob("*.js"), *ASSETS.glob("*.css"), *ASSETS.glob("*.j2")]:
        assert not re.search(r"https?:|(?<!:)//[a-z]", path.read_text()), path


def test_what_a_sanitiser_shows_as_text_is_short(tree):
    """Galaxy drops scripts, styles and attributes but keeps text: base64 must not be text."""
    assert max(len(one.own) for one in tree.walk()) < 1_000


def test_libraries_are_the_vendored_ones(tree):
    found = tree.by_id("library-igv").attributes["value"]
    code = gzip.decompress(base64.b64decode(found))
    assert code.rstrip() == re.sub(rb"\n//# sourceMappingURL=\S+\s*$", b"", (VENDOR / "igv.min.js").read_bytes())


def vendored() -> list[dict[str, str]]:
    with (VENDOR / "VERSIONS.tsv").open(newline="") as handle:
        return list(csv.DictReader(handle, delimiter="\t"))


def test_vendored_files_have_the_checksums_of_their_table():
    assert {row["file"] for row in vendored()} == {path.name for path in VENDOR.iterdir()} - {"VERSIONS.tsv"}
    for row in vendored():
        assert hashlib.sha256((VENDOR / row["file"]).read_bytes()).hexdigest() == row["sha256"], row["file"]


def test_vega_lite_has_the_version_of_altairs_schema():
    (version,) = {row["version"] for row in vendored() if row["package"] == "vega-lite"}
    assert f"v{version}" == alt.SCHEMA_VERSION


def test_each_library_has_its_licence():
    for package in {row["package"] for row in vendored()}:
        (file,) = [row["file"] for row in vendored() if row["package"] == package and row["path"] == "LICENSE"]
        assert (
            "Permission is hereby granted" in (text := (VENDOR / file).read_text()) or "Redistribution and use" in text
        )
