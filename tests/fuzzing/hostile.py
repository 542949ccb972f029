"""Hostile HDF5 files, made from valid ones, and a process apart that reads them within limits of memory and time.

Every change of :func:`changes` either breaks the rules of a container (``refused``: it must be refused) or only its
values (it may be read, where the values are still possible).
"""

from __future__ import annotations

import json
import random
import resource
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np

from archaictools.errors import InputError, UsageError
from fuzzing.containers import KINDS

#: What reading one file may take: seconds, and bytes beside those of the program.
SECONDS, BYTES = 10, 500 << 20


class Change(NamedTuple):
    label: str
    apply: Callable[[h5py.File], object]
    refused: bool


def changes(path: Path) -> Iterator[Change]:
    """Yield changes of each group, dataset and attribute of a valid file."""
    names: list[tuple[str, bool]] = []
    with h5py.File(path) as handle:
        handle.visititems(lambda name, thing: names.append((name, isinstance(thing, h5py.Dataset))))
        for name, is_data in names:
            yield from _of_any(name)
            if is_data:
                yield from _of_dataset(name, handle[name][...], handle[name].dtype)
        for name, value in handle.attrs.items():
            yield from _of_attribute(name, value)
    yield Change("extra attribute", lambda h: h.attrs.__setitem__("extra", 1), refused=True)
    yield Change("extra group", lambda h: h.create_group("extra"), refused=True)
    yield Change("many attributes", lambda h: [h.attrs.__setitem__(f"a{n}", n) for n in range(100)], refused=True)


def _of_any(name: str) -> Iterator[Change]:
    optional = name.endswith(("/truth", "/label"))

    def put(handle: h5py.File, value: object) -> None:
        del handle[name]
        handle[name] = value

    for label, apply in {
        "rename": lambda h: h.move(name, f"{name}x"),
        "soft link": lambda h: put(h, h5py.SoftLink("/chromosomes/name")),
        "dangling link": lambda h: put(h, h5py.SoftLink("/nowhere")),
        "link to itself": lambda h: put(h, h5py.SoftLink(f"/{name}")),
        "external link": lambda h: put(h, h5py.ExternalLink("/etc/passwd", "/")),
        "second name": lambda h: h.__setitem__(f"{name.rpartition('/')[0]}/second", h[name]),
        "link to the root": lambda h: put(h, h["/"]),
        "attribute": lambda h: h[name].attrs.__setitem__("extra", "x"),
        "named type": lambda h: put(h, np.dtype("f8")),
    }.items():
        yield Change(f"{name}: {label}", apply, refused=True)
    yield Change(
        f"{name}: delete", lambda h: h.__delitem__(name), refused=not optional and name not in {"bins/0", "bins/1"}
    )


def _of_dataset(name: str, data: np.ndarray, dtype: np.dtype) -> Iterator[Change]:
    text = h5py.check_string_dtype(dtype) is not None
    free = name.startswith(("weights/", "optimizer/", "best/"))
    kept = {} if text else {"data": data}

    def put(handle: h5py.File, shape: tuple[int, ...] | None = None, kind: object = None, **options: object) -> None:
        attributes = dict(handle[name].attrs)
        del handle[name]
        made = handle.create_dataset(name, shape, kind or dtype, **options)
        made.attrs.update(attributes)

    def virtual(handle: h5py.File) -> None:
        del handle[name]
        layout = h5py.VirtualLayout(data.shape or (1,), "f4")
        handle.create_virtual_dataset(name, layout)

    shape = data.shape
    grown = tuple(size + 1 for size in shape)
    ways: dict[str, Callable[[h5py.File], object]] = {
        "as a group": lambda h: (h.__delitem__(name), h.create_group(name)),
        "compound": lambda h: put(h, shape, np.dtype([("a", "i4"), ("b", "f8")])),
        "references": lambda h: put(h, shape, h5py.ref_dtype),
        "lists": lambda h: put(h, shape, h5py.vlen_dtype(np.dtype("u1"))),
        "fixed text": lambda h: put(h, shape, "S8"),
        "complex": lambda h: put(h, shape, "c16"),
        "one more dimension": lambda h: put(h, (*shape, 1)),
        "nothing": lambda h: (h.__delitem__(name), h.create_dataset(name, data=h5py.Empty("f4"))),
        "never written": lambda h: put(h, tuple(2 * size + 5 for size in shape), **({"chunks": True} if shape else {})),
        "virtual": virtual,
        "outside": lambda h: put(h, shape or (1,), "f4", external=[("/etc/passwd", 0, h5py.h5f.UNLIMITED)]),
    }  # fmt: skip
    if shape:
        huge = (*(2**40 for _ in shape[:1]), *shape[1:])
        ways |= {
            "huge": lambda h: put(h, huge, chunks=tuple(max(1, size) for size in shape)),
            "huge and packed": lambda h: put(h, huge, chunks=tuple(max(1, n) for n in shape), compression="gzip"),
            "huge in all": lambda h: put(h, (2**31,) * len(shape), chunks=(1,) * len(shape)),
            "large pieces": lambda h: put(
                h,
                (2**28, *shape[1:]),
                chunks=(2**26 // max(1, np.prod(shape[1:], dtype=int)), *(max(1, n) for n in shape[1:])),
            ),
            "lzf": lambda h: put(h, None if kept else shape, chunks=True, compression="lzf", **kept),
            "checksums": lambda h: put(h, None if kept else shape, chunks=True, fletcher32=True, **kept),
            "offset": lambda h: put(
                h, None if kept else shape, chunks=True, scaleoffset=0 if dtype.kind in "iu" else 2, **kept
            ),
        }
        if not shape[0] or 0 in shape:
            ways = {
                key: value
                for key, value in ways.items()
                if key not in {"lzf", "checksums", "offset", "large pieces", "never written"}
            }
        if text:
            ways = {key: value for key, value in ways.items() if key not in {"lzf", "checksums", "offset"}}
    if not free:
        ways["another size"] = lambda h: (
            put(h, grown, data=np.zeros(grown, "u1").astype(dtype)) if not text else put(h, grown)
        )
    for label, apply in ways.items():
        # A list by itself may have any length; and empty JSON is refused as it is.
        yield Change(
            f"{name}: {label}", apply, refused=not (name in {"chromosomes/name", "nothing"} and label == "another size")
        )
    yield from _of_text(name, data, put) if text else _of_numbers(name, data, dtype)


def _of_text(name: str, data: np.ndarray, put: Callable[..., None]) -> Iterator[Change]:
    count = len(data)
    if not count:
        return
    for label, value, refused in (
        ("long", "x" * 1_000_000, True),
        ("of 2,000", "y" * 2_000, True),
        ("empty", "", name != "sources/title"),  # people of one group need no title
        ("with a tab", "a\tb", True),
        ("with a line break", "a\nb", True),
        ("with a bell", "a\x07", True),
        ("no Unicode", b"\xff\xfe", True),
        ("of blanks", "   ", False),
        ("a path", "../../x", False),
        ("right to left", "\u202e\u0627", False),
    ):

        def apply(handle: h5py.File, value: str | bytes = value) -> None:
            found = handle[name]
            found[count - 1] = value

        yield Change(f"{name}: {label}", apply, refused=refused)
    if count > 1:
        yield Change(
            f"{name}: all the same", lambda h: h[name].__setitem__(slice(None), "same"), refused="seen" not in name
        )


def _of_numbers(name: str, data: np.ndarray, dtype: np.dtype) -> Iterator[Change]:
    if dtype == np.uint8 and data.ndim == 1 and data.size and bytes(data[:1]) == b"{":
        yield from _of_document(name, json.loads(data.tobytes()))
        return
    other = {"u": "i4", "i": "f4", "f": "f4" if dtype.itemsize == 8 else "f8"}[dtype.kind]
    free = name.startswith(("weights/", "optimizer/", "best/"))

    def kind(handle: h5py.File, new: str) -> None:
        attributes = dict(handle[name].attrs)
        del handle[name]
        handle.create_dataset(name, data=data.astype(new)).attrs.update(attributes)

    yield Change(f"{name}: other type", lambda h: kind(h, other), refused=True)
    if dtype.itemsize > 1:
        yield Change(f"{name}: other order", lambda h: kind(h, dtype.newbyteorder(">").str), refused=True)
    values = [np.nan, np.inf, -np.inf, 1e38] if dtype.kind == "f" else [np.iinfo(dtype).max, np.iinfo(dtype).min, 2, 3]
    for value in values:
        for where in (0, -1):

            def apply(handle: h5py.File, value: float = value, where: int = where) -> None:
                flat = handle[name][...].reshape(-1)
                if flat.size:
                    flat[where] = value
                    handle[name][...] = flat.reshape(data.shape)

            # Digests see to the weights of models.
            wrong = dtype.kind == "f" and (not np.isfinite(value) or not free)
            yield Change(f"{name}: {value} at {where}", apply, refused=wrong and bool(data.size))


def _of_document(name: str, value: dict) -> Iterator[Change]:
    def put(handle: h5py.File, text: bytes) -> None:
        del handle[name]
        handle[name] = np.frombuffer(text, np.uint8)

    for label, text in _bad_json():
        yield Change(f"{name}: {label}", lambda h, text=text: put(h, text), refused=True)
    for label, changed in _edited(value):
        yield Change(f"{name}: {label}", lambda h, text=changed: put(h, text.encode()), refused=False)


def _bad_json() -> Iterator[tuple[str, bytes]]:
    yield "deep lists", b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    yield "deep objects", b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    yield "33 levels", b'{"a":' + b"[" * 33 + b"]" * 33 + b"}"
    yield "a list", b"[1]"
    yield "a number", b"1" * 5_000
    yield "no JSON", b"import os"
    yield "no UTF-8", b'{"a": "\xff\xfe"}'
    yield "cut", b'{"a": '


def _edited(value: dict) -> Iterator[tuple[str, str]]:
    """Yield JSON with one value changed."""
    odd = (None, -1, 10**18, 0.5, "x", [], {}, True, [[]], [None], float("inf"), float("nan"), "\ud800")
    for key in value:
        yield f"without {key}", json.dumps({k: v for k, v in value.items() if k != key})
        for number, new in enumerate(odd):
            yield f"{key} = odd {number}", json.dumps(value | {key: new})
    yield "one more", json.dumps(value | {"more": 1})


def _of_attribute(name: str, value: object) -> Iterator[Change]:
    needed = name not in {"provenance", "genome", "words_sha256"}
    yield Change(f"@{name}: delete", lambda h: h.attrs.__delitem__(name), refused=needed)
    number = not isinstance(value, str)
    odd: dict[str, object] = {
        "text of 10^6": "x" * 1_000_000, "number": 7.5, "list": np.arange(1_000), "texts": ["a", "b"], "bytes": b"\xff\xfe",
        "reference": h5py.Empty("S1"), "nan": float("nan"), "compound": np.zeros(1, dtype=[("a", "i4")])[0],
    }  # fmt: skip
    for label, new in odd.items():
        # These are of any length, or nobody reads them.
        free = (name, label) in {("words_sha256", "text of 10^6"), ("genome", "bytes")}
        yield Change(f"@{name}: {label}", lambda h, new=new: h.attrs.__setitem__(name, new), refused=not free)
    if number:
        for new in (-1, 0, 10**9, 2**63 - 1, -(2**63), "3"):
            yield Change(f"@{name}: {new}", lambda h, new=new: h.attrs.__setitem__(name, new), refused=True)
    elif str(value).startswith("{"):
        for label, text in _bad_json():
            if label != "no UTF-8":
                yield Change(
                    f"@{name}: {label}", lambda h, text=text: h.attrs.__setitem__(name, text.decode()), refused=True
                )
        for label, text in _edited(json.loads(str(value))):
            yield Change(f"@{name}: {label}", lambda h, text=text: h.attrs.__setitem__(name, text), refused=False)
    else:
        yield Change(
            f"@{name}: other", lambda h: h.attrs.__setitem__(name, "other"), refused=name in {"format", "alphabet"}
        )


def damaged_bytes(raw: bytes, count: int, seed: int = 1) -> Iterator[tuple[str, bytes]]:
    """Yield a file cut short, or with some bytes changed, many of them in the structures of HDF5."""
    rng = random.Random(seed)
    signs = [sign for sign in (b"TREE", b"SNOD", b"HEAP", b"GCOL") if sign in raw]
    for number in range(count):
        if number % 6 == 0:
            end = rng.randrange(len(raw))
            yield f"cut at {end}", raw[:end]
            continue
        changed = bytearray(raw)
        for _ in range(rng.choice([1, 1, 2, 4, 16])):
            at = rng.randrange(len(raw))
            if rng.random() < 0.5:
                at = max(0, raw.find(rng.choice(signs), at)) + rng.randrange(64)
            changed[min(at, len(raw) - 1)] = rng.choice([0, 1, 127, 128, 254, 255, rng.randrange(256)])
        yield f"bytes {number}", bytes(changed)
    # What HDF5 1.14 reads forever: an object of a heap that is about 2^64 bytes long.
    heap = raw.find(b"GCOL")
    for size in (2**64 - 1, 2**64 - 16, 2**63, 0):
        changed = bytearray(raw)
        changed[heap + 24 : heap + 32] = size.to_bytes(8, "little")
        yield f"heap of {size}", bytes(changed)


def make(kind: str, folder: Path, *, every: int = 1, first: int = 0) -> Iterator[tuple[str, Path, bool]]:
    """Write hostile files of a kind, yielding each before the next is made: label, path, whether it must be refused."""
    valid = KINDS[kind][0](folder / "valid.h5")
    for number, change in enumerate(changes(valid)):
        if number % every != first % every:
            continue
        path = folder / f"{number}.h5"
        shutil.copyfile(valid, path)
        with h5py.File(path, "a", libver="earliest") as handle:
            change.apply(handle)
        yield f"{kind}: {change.label}", path, change.refused
    for number, (label, raw) in enumerate(damaged_bytes(valid.read_bytes(), 600 // every)):
        path = folder / f"raw{number}.h5"
        path.write_bytes(raw)
        yield f"{kind}: {label}", path, False


def _serve() -> None:
    """Read files named on standard input, ``kind<TAB>path``, and answer each with what came of it."""
    for kind, (_, read) in KINDS.items():
        KINDS[kind][0](Path(sys.argv[1]) / "warm.h5")
        read(Path(sys.argv[1]) / "warm.h5")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + 2 * BYTES, size + 2 * BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    print("ready", flush=True)
    for line in sys.stdin:
        kind, path = line.rstrip("\n").split("\t")
        signal.alarm(SECONDS)
        start, answer = time.perf_counter(), "read"
        try:
            KINDS[kind][1](Path(path))
        except (InputError, UsageError) as error:
            answer = "refused" if len(str(error)) < 2_000 and "\n" not in str(error) else "refused at length"
        except Exception:  # noqa: BLE001
            answer = "".join(traceback.format_exc().splitlines(keepends=True)[-6:]).replace("\n", " / ")
        signal.alarm(0)
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10
        print(f"{answer}\t{time.perf_counter() - start:.3f}\t{grown}", flush=True)


if __name__ == "__main__":
    _serve()
