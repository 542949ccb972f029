"""Valid inputs made wrong, for Hypothesis: tokens and lines taken out, doubled or replaced, bytes changed, files cut."""

from __future__ import annotations

import gzip
import re
from collections.abc import Sequence

from hypothesis import strategies as st

#: What stands between the parts of a line.
_TOKENS = re.compile(rb"([\t ,;:|/=\n\r\"]+)")

ODD = (
    b"", b".", b"-", b"-1", b"0", b"+", b"1e9", b"1e400", b"nan", b"NaN", b"inf", b"-inf", b"NA", b"0x10", b"1_000",
    b"2147483647", b"2147483648", b"4294967296", b"9223372036854775808", b"9" * 400, b"1.5", b"1,5", b"0.5%", b"-0.0",
    b"\r", b"\r\n", b"\n", b"\n\n", b"\t", b"\t\t\t", b" ", b"\0", b"\x1a", b"\x1b[31m", b"\xff\xfe", b"\xc3", b"\xef\xbb\xbf",
    "é".encode(), "\u202e".encode(), "\U0001f9ec".encode(), "١٢".encode(), b"'", b'"', b'""', b"\\", b"#", b"##", b"%s", b"{}", b"[",
    b"A" * 5_000, b"<DEL>", b"*", b"<NON_REF>", b"N", b"0|0", b"1|1", b"9|9", b"0/1/2", b"|", b"./.", b"chr1", b"1", b"track x=1",
    b"browser", b"&a", b"*a", b"!!python/object/apply:os.system [\"true\"]", b": ", b"- ", b">", b"##FASTA", b"/etc/passwd", b"~",
)  # fmt: skip

_PLACE = st.integers(0, 1_000_000)
_OPERATIONS = st.sampled_from(
    ["drop token", "double token", "odd token", "odd token", "odd token", "swap tokens", "drop line", "double line",
     "swap lines", "odd line", "cut", "flip", "insert", "drop bytes"]
)  # fmt: skip
_WRAPS = st.sampled_from([*["plain"] * 12, "gzip", "gzip cut", "crlf", "cr", "bom", "utf-16", "no end", "twice"])


def mutated(valid: Sequence[bytes], *, text: bool = True) -> st.SearchStrategy[bytes]:
    """Draw a valid input with up to eight changes, and now and then bytes from nowhere."""
    steps = st.lists(
        st.tuples(_OPERATIONS, _PLACE, _PLACE, st.one_of(st.sampled_from(ODD), st.binary(max_size=40))), max_size=8
    )
    wraps = _WRAPS if text else st.just("plain")
    changed = st.builds(_changed, st.sampled_from(list(valid)), steps, wraps, st.just(text))
    return st.one_of(*[changed] * 15, st.binary(max_size=300))


def _changed(raw: bytes, steps: list[tuple[str, int, int, bytes]], wrap: str, text: bool) -> bytes:
    for operation, one, other, odd in steps:
        if not text and operation not in {"cut", "flip", "insert", "drop bytes"}:
            operation = "flip"  # noqa: PLW2901
        raw = _OF[operation.split()[-1].rstrip("s")](raw, operation, one, other, odd)
    return _wrapped(raw, wrap, cut=steps[0][1] if steps else 0)


def _tokens(raw: bytes, operation: str, one: int, other: int, odd: bytes) -> bytes:
    parts = _TOKENS.split(raw)
    one, other = one % len(parts) & ~1, other % len(parts) & ~1
    if operation == "drop token":
        parts[one] = b""
    elif operation == "double token":
        parts[one] = parts[one] + b"\t" + parts[one]
    elif operation == "odd token":
        parts[one] = odd
    else:
        parts[one], parts[other] = parts[other], parts[one]
    return b"".join(parts)


def _lines(raw: bytes, operation: str, one: int, other: int, odd: bytes) -> bytes:
    lines = raw.split(b"\n")
    one, other = one % len(lines), other % len(lines)
    if operation == "drop line":
        del lines[one]
    elif operation == "double line":
        lines.insert(other, lines[one])
    elif operation == "odd line":
        lines.insert(one, odd)
    else:
        lines[one], lines[other] = lines[other], lines[one]
    return b"\n".join(lines)


def _bytes(raw: bytes, operation: str, one: int, other: int, odd: bytes) -> bytes:
    at = one % (len(raw) + 1)
    if operation == "cut":
        return raw[:at]
    if operation == "insert":
        return raw[:at] + odd + raw[at:]
    if operation == "drop bytes":
        return raw[:at] + raw[at + other % 64 :]
    return raw[:at] + bytes([other % 256]) + raw[at + 1 :]


_OF = {"token": _tokens, "line": _lines, "cut": _bytes, "flip": _bytes, "insert": _bytes, "byte": _bytes}


def _wrapped(raw: bytes, wrap: str, cut: int) -> bytes:
    if wrap == "gzip":
        return gzip.compress(raw, 1)
    if wrap == "gzip cut":
        packed = gzip.compress(raw, 1)
        return packed[: cut % len(packed)]
    if wrap == "utf-16":
        return raw.decode("latin-1").encode("utf-16")
    ends = {"crlf": b"\r\n", "cr": b"\r"}
    return {
        "bom": b"\xef\xbb\xbf" + raw, "no end": raw.rstrip(b"\n"), "twice": raw + raw,
    }.get(wrap, raw.replace(b"\n", ends.get(wrap, b"\n")))  # fmt: skip
