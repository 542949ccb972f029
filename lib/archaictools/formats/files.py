"""Opening inputs and publishing outputs, whatever the format.

Inputs are recognised by content, not by name (Galaxy calls every file ``dataset_1.dat``). Outputs are staged
beside their destination and renamed only when every one of them is complete, so that a file standing under
its final name is always whole.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import secrets
import shutil
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from isal import igzip, igzip_threaded, isal_zlib

from archaictools.errors import ArchaicError, InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

GZIP_MAGIC = b"\x1f\x8b"
_BGZF_EXTRA = b"BC\x02\x00"
_BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


def check_readable(path: Path) -> None:
    """Raise InputError unless ``path`` is a non-empty file that can be read."""
    if not path.exists():
        raise InputError("no such file", path=path)
    if path.is_dir():
        raise InputError("is a folder, expected a file", path=path)
    if not os.access(path, os.R_OK):
        raise InputError("cannot be read (permission denied)", path=path)
    if path.is_file() and path.stat().st_size == 0:
        raise InputError("is empty", path=path)


def is_gzip(path: Path) -> bool:
    """Tell whether a file is gzip (or BGZF) by its first bytes; a name that promises gzip must keep its word."""
    check_readable(path)
    with path.open("rb") as handle:
        found = handle.read(2) == GZIP_MAGIC
    if path.suffix in {".gz", ".bgz"} and not found:
        raise InputError("is named as gzip but is not", path=path, remedy="rename it or compress it with gzip or bgzip")
    return found


def is_bgzf(path: Path) -> bool:
    """Tell BGZF, the blocked gzip that samtools and tabix read at random, by its first bytes."""
    with path.open("rb") as raw:
        return raw.read(16)[12:16] == _BGZF_EXTRA


def refuse_cut_bgzf(path: Path) -> None:
    """Raise InputError if a BGZF file lacks its end: cut between two blocks, it is whole to gzip."""
    if not is_bgzf(path):
        return
    with path.open("rb") as raw:
        raw.seek(max(0, path.stat().st_size - len(_BGZF_END)))
        if raw.read() != _BGZF_END:
            raise InputError(
                "BGZF data are cut short (no end-of-file block)",
                path=path,
                remedy="copy or download the file again",
            )


def open_bytes(path: Path, *, compressed: bool, ahead: bool = False) -> IO[bytes]:
    """Open a file for reading bytes; those of a gzip file decompressed, with ``ahead`` in a thread of their own.

    ISA-L decompresses in a third of the time that zlib takes.
    """
    if not compressed:
        return path.open("rb")
    opened = igzip_threaded.open(path, threads=1) if ahead else igzip.open(path)  # type: ignore[no-untyped-call]
    return cast("IO[bytes]", opened)


@contextlib.contextmanager
def open_text(path: Path) -> Iterator[IO[str]]:
    """Open a plain or gzip text file, refusing binary content and damaged compression.

    Raises
    ------
    InputError
        If the file is missing, empty, binary, not UTF-8, or if its gzip stream is damaged or cut short.
    """
    compressed = is_gzip(path)
    try:
        with damage_named(path), open_bytes(path, compressed=compressed) as raw:
            head = raw.read(4096)
            if compressed and not head:
                raise InputError("is empty once decompressed", path=path)
            if b"\0" in head:
                raise InputError("is a binary file, expected text", path=path)
            raw.seek(0)
            yield io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")
    except UnicodeDecodeError as error:
        raise InputError("is not text in UTF-8", path=path) from error


@contextlib.contextmanager
def damage_named(path: Path) -> Iterator[None]:
    """Turn what reading damaged gzip data raises into an InputError that names the file."""
    try:
        yield
    except (EOFError, isal_zlib.IsalError, igzip.BadGzipFile) as error:  # type: ignore[misc] # its stub lacks "type"
        raise InputError(
            f"gzip data are damaged or cut short ({error})",
            path=path,
            remedy="copy or download the file again",
        ) from error


#: Longest name of a file that :func:`safe_file_name` returns, in bytes; file systems allow 255 with all suffixes.
MAX_NAME_BYTES = 200


def safe_file_name(name: str) -> str:
    r"""Turn any name (of a sample, of a contig) into the name of a file; different names give different files.

    Letters of all scripts, blanks and most punctuation stay. ``/``, what cannot be printed, a leading ``.`` and a ``%``
    that would read as such a code are written as in URLs. A name that is too long is cut, and ends in a digest of it.

    Examples
    --------
    >>> safe_file_name("Ötzi (iceman) #2"), safe_file_name("HLA-A*01:01"), safe_file_name("A/B 1")
    ('Ötzi (iceman) #2', 'HLA-A*01:01', 'A%2FB 1')
    >>> safe_file_name(".."), safe_file_name("a\tb"), safe_file_name("A%2FB 1"), safe_file_name("50%")
    ('%2E.', 'a%09b', 'A%252FB 1', '50%')
    >>> long = safe_file_name("x" * 300)
    >>> len(long), long[:4], long != safe_file_name("x" * 301)
    (200, 'xxxx', True)
    """
    safe = "".join(
        letter
        if letter.isprintable() and letter != "/"
        else "".join(f"%{byte:02X}" for byte in letter.encode("utf-8", errors="surrogatepass"))
        for letter in re.sub("%(?=[0-9A-Fa-f]{2})", "%25", name)
    )
    if not safe or safe.startswith("."):
        safe = f"%2E{safe[1:]}"
    encoded = safe.encode()
    if len(encoded) <= MAX_NAME_BYTES:
        return safe
    digest = f"~{hashlib.sha256(name.encode('utf-8', errors='surrogatepass')).hexdigest()[:16]}"
    return encoded[: MAX_NAME_BYTES - len(digest)].decode(errors="ignore") + digest


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes as hexadecimal text."""
    check_readable(path)
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


class Outputs(contextlib.AbstractContextManager["Outputs"]):
    """Stage output files and publish them all together, or none.

    Use as a context manager: :meth:`stage` gives the path to write to; leaving the block without an error
    renames every staged file to its final name, leaving it with an error removes them.

    Examples
    --------
    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "answer.txt"
    >>> with Outputs() as outputs:
    ...     _ = outputs.stage(target).write_text("42")
    ...     target.exists()
    False
    >>> target.read_text()
    '42'
    """

    def __init__(self) -> None:
        self._staged: dict[Path, Path] = {}

    def stage(self, final: Path) -> Path:
        """Return the path under which to write what will become ``final``.

        Devices and pipes (``/dev/null``) are given back as they are: they cannot be renamed over.
        """
        final = Path(os.path.realpath(final))
        if final in self._staged:
            raise UsageError(f"{final} is named for two outputs; give each its own file")
        if final.is_dir():
            raise UsageError(f"{final} is a folder, expected a file name for the output")
        if not final.parent.is_dir():
            raise UsageError(f"the folder {final.parent} of output {final.name} does not exist; make it first")
        if not os.access(final.parent, os.W_OK):
            raise ArchaicError(f"cannot write {final.name} in {final.parent} (permission denied)")
        if final.exists() and not final.is_file():
            return final
        temporary = final.with_name(f".{final.stem}.{secrets.token_hex(4)}.part{final.suffix}")
        self._staged[final] = temporary
        return temporary

    def stage_folder(self, final: Path) -> Path:
        """Return an empty folder that will become ``final``, which must not be there yet, or be empty."""
        if final.is_dir() and not any(final.iterdir()):
            final.rmdir()
        if final.exists():
            raise UsageError(f"{final} is there already; name a folder that is new or empty")
        temporary = self.stage(final)
        temporary.mkdir()
        return temporary

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Publish on success, remove what was staged on failure."""
        if kind is None:
            missing = [final.name for final, temporary in self._staged.items() if not temporary.exists()]
            if missing:
                self._discard()
                raise ArchaicError(f"output was not written: {', '.join(missing)}")
            for final, temporary in self._staged.items():
                temporary.replace(final)
        else:
            self._discard()

    def _discard(self) -> None:
        for temporary in self._staged.values():
            if temporary.is_dir():
                shutil.rmtree(temporary)
            else:
                temporary.unlink(missing_ok=True)
