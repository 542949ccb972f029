"""The comparison of two checkouts' outputs: what counts as equal, reworded and different."""

from __future__ import annotations

import gzip
import importlib.util
import json

import h5py
import matplotlib.image
import numpy as np
import pytest

from conftest import ROOT

_SPEC = importlib.util.spec_from_file_location("compare", ROOT / "validation/same_outputs/compare.py")
compare = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(compare)


@pytest.fixture
def results(tmp_path):
    """Write one file before and one after; return the results of the comparison."""

    def compared(name, before, after, *, strict=False):
        for side, content in (("before", before), ("after", after)):
            path = tmp_path / side / "demo" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if callable(content):
                content(path)
            elif content is not None:
                path.write_bytes(content)
        counts, texts = compare.compare_sets(tmp_path, "demo", strict=strict)
        [(_, found)] = counts.items()
        [result] = found
        assert bool(texts) == (result != "identical")
        return result

    return compared


@pytest.mark.parametrize(
    ("name", "before", "after", "result"),
    [
        ("a.tsv", b"x\t0.5\n", b"x\t0.5\n", "identical"),
        ("a.tsv", b"x\t0.5\n", b"x\t0.51\n", "differing"),
        ("a.tsv", b"x\t0.5\n", b"x\t0.5\ny\t1\n", "differing"),
        ("a.tsv", b"x\t0.5\n", None, "differing"),
        ("a.tsv", None, b"x\t0.5\n", "differing"),
        ("a.tsv", b"rows left out\t3\n", b"dropped rows\t3\n", "reworded"),
        ("a.tsv", b"rows left out\t3\n", b"dropped rows\t4\n", "differing"),
        ("a.tsv", b"called\t3\n", b"predicted\t3\n", "differing"),
        ("a.tsv", b"above 0.5 of it\n", b"at 0.6 or more\n", "differing"),
        ("a.vcf", b"##command=a\nchr1\t1\n", b"##command=b\nchr1\t1\n", "identical"),
        ("a.vcf.gz", gzip.compress(b"chr1\t1\n", mtime=0), gzip.compress(b"chr1\t1\n", mtime=1), "identical"),
        ("a.vcf.gz", gzip.compress(b"chr1\t1\n", mtime=0), gzip.compress(b"chr1\t2\n", mtime=0), "differing"),
        ("a.bw", b"\x88\xff\x00", b"\x88\xff\x01", "differing"),
        ("a.json", b'{"provenance": {"a": 1}, "n": 2}', b'{"provenance": {"a": 3}, "n": 2}', "identical"),
        ("a.json", b'{"n": [1, NaN]}', b'{"n": [1, NaN]} ', "identical"),
        ("a.json", b'{"n": [1, 2]}', b'{"n": [1, 2, 3]}', "differing"),
        ("a.json", b'{"reason": "AUROC 0.9 is high"}', b'{"reason": "a high AUROC of 0.9"}', "reworded"),
        ("a.json", b'{"verdict": "skill"}', b'{"verdict": "leaky"}', "differing"),
    ],
)
def test_texts(results, name, before, after, result):
    assert results(name, before, after) == result


def test_strict_comparison_refuses_new_words(results):
    assert results("a.tsv", b"rows left out\t3\n", b"dropped rows\t3\n", strict=True) == "differing"


@pytest.mark.parametrize(
    ("change", "result"),
    [
        ({}, "identical"),
        ({"provenance": {"version": "2"}}, "identical"),
        ({"k": 6}, "differing"),
        ({"values": [1, 2, 4]}, "differing"),
        ({"values": [1, 2, 3, 4]}, "differing"),
        ({"type": "int32"}, "differing"),
        ({"names": ["a", "c"]}, "differing"),
        ({"metrics": {"loss": 0.6, "sources": ["x"]}}, "differing"),
        ({"metrics": {"loss": 0.5, "sources": ["longer"]}}, "identical"),
        ({"more": True}, "differing"),
        ({"origin": "other"}, "identical"),
    ],
)
def test_hdf5(results, change, result):
    facts = {"provenance": {"version": "1"}, "k": 5, "values": [1, 2, 3], "type": "int64", "names": ["a", "b"],
             "metrics": {"loss": 0.5, "sources": ["x"]}, "more": False, "origin": "one"}  # fmt: skip

    def writer(facts):
        def write(path):
            with h5py.File(path, "w") as handle:
                handle.attrs["provenance"] = json.dumps(facts["provenance"])
                handle.attrs["parameters"] = json.dumps({"k": facts["k"]})
                handle["group/values"] = np.array(facts["values"], dtype=facts["type"])
                handle.create_dataset("names", data=facts["names"], dtype=h5py.string_dtype())
                handle["metrics"] = np.frombuffer(json.dumps(facts["metrics"]).encode(), dtype=np.uint8)
                handle["sources/title"] = facts["origin"]
                if facts["more"]:
                    handle["more"] = [1]

        return write

    assert results("a.h5", writer(facts), writer(facts | change)) == result


@pytest.mark.parametrize(("value", "result"), [(0.5, "identical"), (0.6, "differing")])
def test_pictures_are_compared_by_pixels(results, value, result):
    def picture(value, title):
        image = np.full((4, 5, 3), value)
        return lambda path: matplotlib.image.imsave(path, image, metadata={"Title": title})

    assert results("a.png", picture(0.5, "before"), picture(value, "after")) == result
