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
from server import call

from conftest import ROOT

URL, KEY = os.environ["GALAXY_URL"], os.environ["GALAXY_USER_KEY"]
UCSC = "https://genome.ucsc.edu/cgi-bin/hgTracks?"


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Redirects are looked at, not followed: they leave this machine."""

    def redirect_request(self, *_):
        """Follow nothing."""
        return


def get(address, **headers):
    """Fetch without a key, as a genome browser does; return status, headers and body."""
    request = urllib.request.Request(urllib.parse.urljoin(URL, address), headers=headers)
    try:
        with urllib.request.build_opener(NoRedirect).open(request, timeout=60) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def wait(history, key=KEY, limit=300):
    """Return datasets of a history by name when all are ok."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        found = call(f"{URL}/api/histories/{history}/contents?v=dev&limit=200", key)
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
    call(f"{URL}/api/tools/fetch", KEY, {"history_id": history, "targets": json.dumps([target])})


def links(dataset, which):
    """Return label to address of the links of a dataset, of one interface (display_apps or display_types)."""
    shown = call(f"{URL}/api/datasets/{dataset}", KEY)
    return {(group["label"], link["text"]): link["href"] for group in shown[which] for link in group["links"]}


def follow(address, limit=120):
    """Return where a link leads; Galaxy may first convert the dataset."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        status, headers, body = get(address)
        if status in {302, 303, 307}:
            return headers["Location"]
        time.sleep(1)
    return pytest.fail(f"{address} leads nowhere: {status}, {body[-500:]}")


@pytest.fixture(scope="module")
def outputs():
    """Name to identifier of the outputs of predict, on haplotypes of build hg19."""
    admin = os.environ["GALAXY_ADMIN_KEY"]
    history = call(f"{URL}/api/histories", KEY, {"name": "display"})["id"]
    library = {"src": "path", "path": str(ROOT / "test-data/haplotypes.h5"), "name": "haplotypes.h5", "ext": "h5",
               "dbkey": "hg19"}  # fmt: skip
    target = {"destination": {"type": "hdas"}, "elements": [library]}
    given = call(f"{URL}/api/histories", admin, {"name": "given"})["id"]
    call(f"{URL}/api/tools/fetch", admin, {"history_id": given, "targets": json.dumps([target])})
    source = wait(given, admin)["haplotypes.h5"]
    call(f"{URL}/api/histories/{history}/contents", KEY, {"source": "hda", "content": source, "type": "dataset"})
    words = wait(history)["haplotypes.h5"]
    inputs = {"model_source|source": "pretrained", "words": {"src": "hda", "id": words}, "reading|alphabet": "variant"}
    call(f"{URL}/api/tools", KEY, {"history_id": history, "tool_id": "archaictools_predict", "inputs": inputs})
    names = wait(history)
    return {name.rpartition(": ")[2]: number for name, number in names.items()}


@pytest.mark.parametrize(
    ("name", "kind", "magic"),
    [
        ("mean P(introgressed)", "bigwig", (b"\x26\xfc\x8f\x88", b"\x88\x8f\xfc\x26")),
        ("segments in colours", "bigbed", (b"\xeb\xf2\x89\x87", b"\x87\x89\xf2\xeb")),
    ],
)
def test_ucsc_opens_a_binary_track_of_the_build(outputs, name, kind, magic):
    address = follow(links(outputs[name], "display_apps")["display at UCSC", "main"])
    assert address.startswith(f"{UCSC}db=hg19&")
    custom = urllib.parse.parse_qs(urllib.parse.urlsplit(address).query)["hgt.customText"][0]
    track = get(custom)[2].decode()
    assert 'db="hg19"' in track
    assert f'type="{ {"bigwig": "bigWig", "bigbed": "bigBed"}[kind] }"' in track
    data = track.split('bigDataUrl="')[1].split('"')[0]
    status, _, body = get(data, Range="bytes=0-3")
    assert status in {200, 206}
    assert body[:4] in magic


def test_the_igv_program_opens_a_bigwig(outputs):
    address = follow(links(outputs["mean P(introgressed)"], "display_apps")["display with IGV", "local"])
    assert address.startswith("http://localhost:60151/load?file=http")
    assert get(urllib.parse.parse_qs(urllib.parse.urlsplit(address).query)["file"][0])[2][:2] in {
        b"\x26\xfc",
        b"\x88\x8f",
    }


def test_the_igv_program_opens_a_bed_on_its_build(outputs):
    address = follow(links(outputs["segments"], "display_apps")["display with IGV", "local"])
    assert "genome=hg19" in address
    rows = get(urllib.parse.parse_qs(urllib.parse.urlsplit(address).query)["file"][0])[2].decode().split("\n")
    assert rows[0].startswith("chr1\t105000\t160000\tIN001.2\t")


def test_ucsc_shows_the_scores_of_a_bed(outputs):
    """Six columns go to UCSC as they are."""
    parts = urllib.parse.parse_qs(
        urllib.parse.urlsplit(links(outputs["segments"], "display_types")["display at UCSC", "main"]).query
    )
    assert parts["redirect_url"][0].startswith(f"{UCSC}db=hg19&position=chr1:")
    body = get(parts["display_url"][0])[2].decode()
    assert body == call_text(outputs["segments"])
    assert 500 <= int(body.split("\t")[4]) <= 1000


def call_text(dataset):
    """Return a dataset's content."""
    return get(f"{URL}/api/datasets/{dataset}/display?key={KEY}")[2].decode()


def test_galaxy_drops_scores_and_colours_of_nine_columns():
    """Why the BED outputs have six columns, and the colours are in a bigBed."""
    history = call(f"{URL}/api/histories", KEY, {"name": "nine columns"})["id"]
    upload(history, "chr1\t100\t200\ta\t900\t.\t100\t200\t200,30,30\n", "nine", "bed", "hg19")
    href = links(wait(history)["nine"], "display_types")["display at UCSC", "main"]
    body = get(urllib.parse.parse_qs(urllib.parse.urlsplit(href).query)["display_url"][0])[2].decode()
    assert body.strip().split("\t")[:6] == ["chr1", "100", "200", "a", "0", "+"]


def test_without_a_build_there_is_no_link_to_ucsc():
    history = call(f"{URL}/api/histories", KEY, {"name": "no build"})["id"]
    upload(history, "chr1\t100\t200\ta\t900\t.\n", "six", "bed", "?")
    assert not links(wait(history)["six"], "display_types")
