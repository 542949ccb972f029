"""Packed tables, unpacked by code that shares nothing with the packer."""

from __future__ import annotations

import base64
import gzip
import json
import struct

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import html_page
from archaictools.report.packing import pack


def back(frame: pd.DataFrame) -> dict[str, list]:
    return html_page.rows(pack(frame))


def header(frame: pd.DataFrame) -> dict[str, dict]:
    content = gzip.decompress(base64.b64decode(pack(frame)))
    (size,) = struct.unpack_from("<I", content)
    return {column["name"]: column for column in json.loads(content[4 : 4 + size])["columns"]}


def test_every_kind_of_column_comes_back():
    frame = pd.DataFrame(
        {
            "text": ["chr1", None, "chr1", "a\u2028<&'\"é\U0001f9ec"],
            "whole": [0, 1, 250_000_000, 3],
            "negative": [-1, 0, 127, -128],
            "part": [0.5, np.nan, 0.0, -1.25],
            "nullable": pd.array([1, None, 0, 2], dtype="Int64"),
            "flag": [True, False, True, True],
            "doubtful": pd.array([True, None, False, None], dtype="boolean"),
            "category": pd.Categorical(["b", "a", None, "b"]),
            "nothing": [None, None, None, None],
        }
    )
    assert back(frame) == {
        "text": ["chr1", None, "chr1", "a\u2028<&'\"é\U0001f9ec"],
        "whole": [0, 1, 250_000_000, 3],
        "negative": [-1, 0, 127, -128],
        "part": [0.5, None, 0.0, -1.25],
        "nullable": [1, None, 0, 2],
        "flag": [True, False, True, True],
        "doubtful": [True, None, False, None],
        "category": ["b", "a", None, "b"],
        "nothing": [None, None, None, None],
    }


def test_na_is_told_from_zero():
    assert back(pd.DataFrame({"a": [0.0, np.nan], "b": [np.nan, 0.25]})) == {"a": [0, None], "b": [None, 0.25]}


@pytest.mark.parametrize("frame", [pd.DataFrame({"a": []}), pd.DataFrame({"a": pd.Series(dtype="int64")})])
def test_no_rows(frame):
    assert back(frame) == {"a": []}


@given(
    st.lists(st.one_of(st.none(), st.integers(-(2**53), 2**53)), min_size=1, max_size=40),
    st.lists(st.one_of(st.none(), st.text(max_size=5)), min_size=1, max_size=40),
    st.lists(st.one_of(st.none(), st.floats(width=32, allow_nan=False)), min_size=1, max_size=40),
)
@settings(max_examples=150, deadline=None)
def test_any_values_come_back(whole, texts, floats):
    """Texts may contain half a surrogate pair: JSON and JavaScript know it."""
    assert back(pd.DataFrame({"w": pd.array(whole, dtype="Int64")}))["w"] == whole
    assert back(pd.DataFrame({"t": pd.Series(texts, dtype=object)}))["t"] == texts
    assert back(pd.DataFrame({"f": pd.array(floats, dtype="Float64")}))["f"] == floats


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ([0, 255], "u1"),
        ([-1, 127], "i1"),
        ([0, 256], "u2"),
        ([-1, 200], "i2"),
        ([0, 65_536], "u4"),
        ([-1, 2**31 - 1], "i4"),
    ],
)
def test_whole_numbers_take_the_smallest_type(values, code):
    found = header(pd.DataFrame({"a": values}))["a"]
    assert (found["type"], found["delta"]) == (code, False)


def test_sorted_positions_are_stored_as_differences():
    """100,000 bins of 1 kb take less than 1 kB, not 400 kB."""
    frame = pd.DataFrame({"start": np.arange(0, 100_000_000, 1_000)})
    assert header(frame)["start"]["delta"]
    assert len(pack(frame)) < 1_000
    assert back(frame)["start"] == list(range(0, 100_000_000, 1_000))


def test_whole_numbers_in_floating_point_stay_exact():
    """A column with NA is floating point in pandas; 32 bits would round positions beyond 16,777,216."""
    assert back(pd.DataFrame({"start": [16_777_217.0, np.nan]}))["start"] == [16_777_217, None]


def test_repeated_texts_cost_little():
    frame = pd.DataFrame({"sample": np.repeat([f"sample with a long name {n}" for n in range(20)], 2_000)})
    assert len(pack(frame)) < 2_000


def test_equal_tables_give_equal_texts():
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", None]})
    assert pack(frame) == pack(frame.copy())
    assert gzip.decompress(base64.b64decode(pack(frame)))
    assert base64.b64decode(pack(frame))[4:8] == b"\0\0\0\0"  # no time stamp


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([pd.Timestamp("2024-01-01")], "column 'a' of a packed table is neither text nor numbers, but datetime"),
        (["x", 1], "column 'a' of a packed table is neither text nor numbers, but mixed"),
        ([[1], [2]], "column 'a' of a packed table is neither text nor numbers, but mixed"),
    ],
)
def test_other_values_are_refused(values, message):
    with pytest.raises(TypeError, match=message):
        pack(pd.DataFrame({"a": pd.Series(values)}))


def test_a_column_twice_is_refused():
    with pytest.raises(ValueError, match="two columns of a packed table have the same name"):
        pack(pd.DataFrame([[1, 2]], columns=["a", "a"]))


def test_numbers_that_a_browser_cannot_hold_are_refused():
    with pytest.raises(ValueError, match=r"beyond 2\*\*53"):
        pack(pd.DataFrame({"a": [2**53 + 1]}))
