"""Links from outputs with a build to genome browsers elsewhere, and what a browser then reads.

The server lists UCSC and the IGV desktop program, as Galaxy does by default. Nothing is asked of them: the tests read what
their links say, and fetch the files as the browser would.
"""

from __future__ import annotations

import json
import os
import time
import urllib.parse
import urllib.request

import pytest
import requests
from server import call

from conftest import ROOT

URL, KEY = os.environ["GALAXY_URL"], os.environ["GALAXY_USER_KEY"]
UCSC = "https://genome.ucsc.edu/cgi-bin/hgTracks?"


def get(address, **headers):
    """Return what a genome browser gets, which has no key."""
    request = urllib.request.Request(urllib.parse.urljoin(URL, address), headers=headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read()


def wait(history, limit=300):
    """Return datasets of a history by name when all are ok."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        found = call(f"{URL}/api/histories/{history}/contents?v=dev&limit=200", KEY)
        states = {item["name"]: item.get("state") or item.get("populated_state") for item in found}
        assert not {"error", "failed"} & set(states.values()), states
        if found and set(states.values()) <= {"ok"}:
            return {item["name"]: item["id"] for item in found if item["history_content_type"] == "dataset"}
        time.sleep(1)
    pytest.fail(f"not ready after {limit} s: {states}")


def upload(history, text, name, kind, build):
    """Upload a text."""
    item = {"src": "pasted", "paste_content": text, "name": name, "ext": kind, "dbkey": build}
    target = {"destination": {"type": "hdas"}, "elements": [item]}
    call(f"{URL}/api/tools/fetch", KEY, {"history_id": history, "targets": [target]})


def shown(dataset, key):
    """Return label and text to the links of a dataset, of one interface (display_apps or display_types)."""
    groups = call(f"{URL}/api/datasets/{dataset}", KEY)[key]
    return {(group["label"], link["text"]): link for group in groups for link in group["links"]}


def follow(dataset, label, text, limit=300):
    """Click a link as Galaxy's page does; return where it leads when Galaxy has converted the dataset."""
    link = shown(dataset, "display_apps")[label, text]
    wanted = {"dataset_id": dataset, "app_name": link["app_name"], "link_name": link["link_name"]}
    end = time.monotonic() + limit
    while time.monotonic() < end:
        answer = call(f"{URL}/api/display_applications/create_link", KEY, wanted)
        if answer.get("resource"):
            return answer["resource"]
        time.sleep(1)
    return pytest.fail(f"{label} {text} leads nowhere: {answer}")


def query(address):
    """Return the first value of each parameter of an address."""
    return {name: values[0] for name, values in urllib.parse.parse_qs(urllib.parse.urlsplit(address).query).items()}


@pytest.fixture(scope="module")
def outputs():
    """Name to identifier of the outputs of predict, on haplotypes of build hg19."""
    history = call(f"{URL}/api/histories", KEY, {"name": "display"})["id"]
    item = {"src": "files", "name": "haplotypes.h5", "ext": "h5", "dbkey": "hg19"}
    targets = json.dumps([{"destination": {"type": "hdas"}, "elements": [item]}])
    with (ROOT / "test-data/haplotypes.h5").open("rb") as handle:
        requests.post(
            f"{URL}/api/tools/fetch",
            headers={"x-api-key": KEY},
            data={"history_id": history, "targets": targets},
            files={"files_0|file_data": ("haplotypes.h5", handle)},
            timeout=60,
        ).raise_for_status()
    words = wait(history)["haplotypes.h5"]
    inputs = {"model_source|source": "pretrained", "words": {"src": "hda", "id": words}, "reading|alphabet": "variant"}
    call(f"{URL}/api/tools", KEY, {"history_id": history, "tool_id": "archaictools_predict", "inputs": inputs})
    names = wait(history)
    return {name.rpartition(": ")[2]: number for name, number in names.items()}


@pytest.mark.parametrize(
    ("name", "kind", "magic"),
    [
        ("mean P(introgressed)", "bigwig", (b"\x26\xfc\x8f\x88", b"\x88\x8f\xfc\x26")),
        ("coloured segments", "bigbed", (b"\xeb\xf2\x89\x87", b"\x87\x89\xf2\xeb")),
    ],
)
def test_ucsc_opens_a_binary_track_of_the_build(outputs, name, kind, magic):
    address = follow(outputs[name], "display at UCSC", "main")
    assert address.startswith(f"{UCSC}db=hg19&")
    custom = query(address)["hgt.customText"]
    track = get(custom).decode()
    assert 'db="hg19"' in track
    assert f'type="{ {"bigwig": "bigWig", "bigbed": "bigBed"}[kind] }"' in track
    data = track.split('bigDataUrl="')[1].split('"')[0]
    assert get(data, Range="bytes=0-3")[:4] in magic


def test_the_igv_program_opens_a_bigwig(outputs):
    address = follow(outputs["mean P(introgressed)"], "display with IGV", "local")
    assert address.startswith("http://localhost:60151/load?file=http")
    assert get(query(address)["file"])[:2] in {b"\x26\xfc", b"\x88\x8f"}


def test_the_igv_program_opens_a_bed_on_its_build_without_names(outputs):
    """Galaxy converts the file, because a strand of '.' is not strict BED to it: IGV gets places, no names and scores."""
    address = follow(outputs["segments"], "display with IGV", "local")
    assert query(address)["genome"] == "hg19"
    row = get(query(address)["file"]).decode().split("\n")[0]
    assert row == "chr1\t105000\t160000\tregion_0\t0\t+"


def test_ucsc_shows_the_scores_of_a_bed(outputs):
    """Six columns go to UCSC as they are."""
    parts = query(shown(outputs["segments"], "display_types")["display at UCSC", "main"]["href"])
    assert parts["redirect_url"].startswith(f"{UCSC}db=hg19&position=chr1:")
    body = get(parts["display_url"]).decode()
    assert body == call_text(outputs["segments"])
    assert 500 <= int(body.split("\t")[4]) <= 1000


def call_text(dataset):
    """Return a dataset's content."""
    return get(f"{URL}/api/datasets/{dataset}/display?key={KEY}").decode()


def test_galaxy_drops_scores_and_colours_of_nine_columns():
    """Why the BED outputs have six columns, and the colours are in a bigBed."""
    history = call(f"{URL}/api/histories", KEY, {"name": "nine columns"})["id"]
    upload(history, "chr1\t100\t200\ta\t900\t.\t100\t200\t200,30,30\n", "nine", "bed", "hg19")
    link = shown(wait(history)["nine"], "display_types")["display at UCSC", "main"]
    body = get(query(link["href"])["display_url"]).decode()
    assert body.strip().split("\t")[:6] == ["chr1", "100", "200", "a", "0", "."]


def test_without_a_build_there_is_no_link_to_ucsc():
    history = call(f"{URL}/api/histories", KEY, {"name": "no build"})["id"]
    upload(history, "chr1\t100\t200\ta\t900\t.\n", "six", "bed", "?")
    assert not shown(wait(history)["six"], "display_types")


@pytest.fixture
def page():
    """Identifier of a report of three small tables."""
    history = call(f"{URL}/api/histories", KEY, {"name": "report"})["id"]
    kinds = {"called_segments.tsv": "tabular", "called_callable.bed": "bed", "called_people.tsv": "tabular"}
    for name, kind in kinds.items():
        upload(history, (ROOT / "test-data" / name).read_text(), name, kind, "hg19")
    given = [{"src": "hda", "id": number} for number in map(wait(history).get, kinds)]
    inputs = dict(zip(("results|segments", "results|callable", "results|summary"), given, strict=True))
    inputs |= {"results|alphabet": "variant", "title": "Two people"}
    call(f"{URL}/api/tools", KEY, {"history_id": history, "tool_id": "archaictools_report", "inputs": inputs})
    (found,) = (number for name, number in wait(history).items() if name.startswith("archaictools report"))
    return found


def test_a_report_is_shown_as_source_until_an_administrator_trusts_the_tool(page):
    """What docs/galaxy.md says. Either way the file is the same, and a download is complete."""
    admin = {"x-api-key": os.environ["GALAXY_ADMIN_KEY"]}
    trust = f"{URL}/api/sanitize_allow?tool_id=archaictools_report"

    def display():
        return requests.get(f"{URL}/datasets/{page}/display/?preview=True", headers={"x-api-key": KEY}, timeout=60)

    requests.delete(trust, headers=admin, timeout=60).raise_for_status()
    source = display()
    assert source.headers["content-type"].startswith("text/plain")
    assert source.headers["x-sanitized-tool-id"] == "archaictools_report"
    requests.put(trust, headers=admin, timeout=60).raise_for_status()
    try:
        shown_as_page = display()
    finally:
        requests.delete(trust, headers=admin, timeout=60).raise_for_status()
    assert shown_as_page.headers["content-type"].startswith("text/html")
    assert shown_as_page.content == source.content
    assert b"<h1>Two people</h1>" in source.content
