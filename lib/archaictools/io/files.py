"""Opening inputs and publishing outputs of any format.

Inputs are recognised by content, not by name, since Galaxy calls every file ``dataset_1.dat``. Outputs are staged in
the folder of their destination, and renamed when all of them are complete. So a file with its final name is always
complete.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import secrets
import shutil
import tempfile
from contextvars import ContextVar
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from isal import igzip, igzip_threaded, isal_zlib

from archaictools.errors import ArchaicError, InputError, UsageError
from archaictools.io.pipes import copy_to_stream, is_stream

if TYPE_CHECKING:
    from collections.abc import Iterator

GZIP_MAGIC = b"\x1f\x8b"
#: Whether outputs replace folders that are not empty (``--force``).
REPLACING: ContextVar[bool] = ContextVar("REPLACING", default=False)

_BGZF_EXTRA = b"BC\x02\x00"
BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


@contextlib.contextmanager
def replacing(allowed: bool) -> Iterator[None]:  # noqa: FBT001 - reads as a sentence
    """Let outputs replace folders that are not empty within the block, if that is ``allowed`` or is so already."""
    before = REPLACING.set(allowed or REPLACING.get())
    try:
        yield
    finally:
        REPLACING.reset(before)


def check_readable(path: Path) -> None:
    """Raise InputError unless ``path`` is a non-empty file that can be read."""
    if not os.path.exists(path):  # noqa: PTH110 - which holds for names that are too long for a file, too
        raise InputError("no such file", path=path)
    if path.is_dir():
        raise InputError("is a folder, expected a file", path=path)
    if not os.access(path, os.R_OK):
        raise InputError("cannot be read (permission denied)", path=path)
    if path.is_file() and path.stat().st_size == 0:
        raise InputError("is empty", path=path)


def is_gzip(path: Path) -> bool:
    """Return whether a file is gzip (or BGZF), by its first bytes; refuse a file that only its name calls gzip."""
    check_readable(path)
    with path.open("rb") as handle:
        found = handle.read(2) == GZIP_MAGIC
    if path.suffix in {".gz", ".bgz"} and not found:
        raise InputError("is named as gzip but is not", path=path, remedy="rename it or compress it with gzip or bgzip")
    return found


def is_bgzf(path: Path) -> bool:
    """Return whether a file is BGZF, the blocked gzip of samtools and tabix, by its first bytes."""
    with path.open("rb") as raw:
        return raw.read(16)[12:16] == _BGZF_EXTRA


def refuse_cut_bgzf(path: Path) -> None:
    """Raise InputError if a BGZF file lacks its end block; gzip accepts a file that is cut between blocks."""
    if not is_bgzf(path):
        return
    with path.open("rb") as raw:
        raw.seek(max(0, path.stat().st_size - len(BGZF_END)))
        if raw.read() != BGZF_END:
            raise InputError(
                "BGZF data are cut short (no end-of-file block)",
                path=path,
                remedy="copy or download the file again",
            )


def open_bytes(path: Path, *, compressed: bool, ahead: bool = False) -> IO[bytes]:
    """Open a file for reading bytes; gzip is decompressed, with ``ahead`` in another thread.

    ISA-L decompresses in a third of the time of zlib.
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
    """Raise InputError with the name of the file for errors of damaged gzip data."""
    try:
        yield
    except (EOFError, isal_zlib.IsalError, igzip.BadGzipFile) as error:  # type: ignore[misc] # its stub lacks "type"
        raise InputError(
            f"gzip data are damaged or cut short ({error})",
            path=path,
            remedy="copy or download the file again",
        ) from error


_MAX_FILE_NAME = 255
#: Longest name of a file that :func:`safe_file_name` returns, in bytes; file systems allow 255 with all suffixes.
MAX_NAME_BYTES = 200


def safe_file_name(name: str) -> str:
    r"""Return a file name for any name of a sample or contig; different names give different file names.

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
    """Return the SHA-256 of a file's bytes as hexadecimal text; of a folder, that of its files' names and digests."""
    if path.is_dir():
        names = sorted(each.relative_to(path).as_posix() for each in path.rglob("*") if each.is_file())
        lines = (f"{sha256(path / name)} {name}\n" for name in names if (path / name).stat().st_size)
        return hashlib.sha256("".join(lines).encode()).hexdigest()
    check_readable(path)
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


class StagedOutputs(contextlib.AbstractContextManager["StagedOutputs"]):
    """Stages output files, and publishes all of them or none.

    Use as a context manager: :meth:`stage` gives the path to write to; leaving the block without an error
    renames every staged file to its final name, leaving it with an error removes them. What goes to standard output,
    another open descriptor, a pipe or a device is staged in a temporary folder and copied there in the end.

    A file that is there already is replaced by the complete new one. So is an empty folder; one that holds anything,
    which need not be of ours, is replaced only where :data:`REPLACING` is set.

    Examples
    --------
    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "answer.txt"
    >>> with StagedOutputs() as outputs:
    ...     _ = outputs.stage(target).write_text("42")
    ...     target.exists()
    False
    >>> target.read_text()
    '42'
    """

    def __init__(self) -> None:
        self._staged: dict[Path, Path] = {}
        self._streams: list[tuple[Path, Path]] = []
        self._scratch: tempfile.TemporaryDirectory[str] | None = None

    def stage(self, final: Path) -> Path:
        """Return the path to which to write the output ``final``."""
        if is_stream(final):
            return self._stage_stream(final)
        final = self._real(final)
        if final.is_dir():
            raise UsageError("is a folder, expected a file name for the output", path=final)
        return self._beside(final)

    def keep(self, path: Path) -> None:
        """Refuse outputs that would replace a file that is read although no option names it.

        Raises
        ------
        UsageError
            If a staged output is the file, or is a folder that holds it.
        """
        real = Path(os.path.realpath(path))
        for final in self._staged:
            if final == real or final in real.parents:
                raise UsageError("is an input, which the output would replace", path=path, remedy="name another output")

    def stage_folder(self, final: Path) -> Path:
        """Return an empty folder that will become ``final``."""
        if is_stream(final):
            raise UsageError("is no folder, expected the name of a new folder for the output", path=final)
        final = self._real(final)
        if final.exists() and not final.is_dir():
            raise UsageError("is a file, expected the name of a new folder for the output", path=final)
        if final.is_dir() and any(final.iterdir()):
            if not REPLACING.get():
                raise UsageError(
                    "is there already and not empty",
                    path=final,
                    remedy="name another folder, or replace it with --force",
                )
            if any(path.is_dir() for path in final.iterdir()):  # protects a home folder
                raise UsageError(
                    "holds other folders, which archaictools does not write, so --force does not replace it", path=final
                )
        temporary = self._beside(final)
        temporary.mkdir()
        return temporary

    @staticmethod
    def _real(final: Path) -> Path:
        """Follow links, so that they are kept; refuse names that no file system allows."""
        if len(os.fsencode(final.name)) > _MAX_FILE_NAME:
            raise UsageError("has a name that is too long for a file", path=final)
        return Path(os.path.realpath(final))

    def _beside(self, final: Path) -> Path:
        """Return a temporary name in the same folder, so that the file can be renamed."""
        if final in self._staged:
            raise UsageError("is named for two outputs", path=final, remedy="give each its own name")
        if not final.parent.is_dir():
            raise UsageError(f"the folder {final.parent} of output {final.name} does not exist; make it first")
        if not os.access(final.parent, os.W_OK):
            raise ArchaicError(f"cannot write {final.name} in {final.parent} (permission denied)")
        temporary = final.with_name(f".{final.stem[:40]}.{secrets.token_hex(4)}.part{final.suffix[:40]}")
        self._staged[final] = temporary
        return temporary

    def _stage_stream(self, final: Path) -> Path:
        where = Path(os.path.realpath(final))
        if where in {Path(os.path.realpath(other)) for other, _ in self._streams} - {Path(os.devnull)}:
            raise UsageError("is named for two outputs", path=final, remedy="give each its own name")
        if self._scratch is None:
            self._scratch = tempfile.TemporaryDirectory(prefix="archaictools-")
        temporary = Path(self._scratch.name) / f"{len(self._streams)}{final.suffix}"
        self._streams.append((final, temporary))
        return temporary

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Publish the outputs on success; remove them on failure."""
        try:
            if kind is None:
                self._publish()
        finally:
            self._discard()

    def _publish(self) -> None:
        everything = [*self._staged.items(), *self._streams]
        missing = [final.name for final, temporary in everything if not temporary.exists()]
        if missing:
            raise ArchaicError(f"output was not written: {', '.join(missing)}")
        for final, temporary in self._staged.items():
            _replace(temporary, final)
        for final, temporary in self._streams:
            copy_to_stream(temporary, final)

    def _discard(self) -> None:
        """Remove outputs that were staged but not published."""
        for temporary in self._staged.values():
            if temporary.is_dir():
                shutil.rmtree(temporary)
            else:
                temporary.unlink(missing_ok=True)
        if self._scratch is not None:
            self._scratch.cleanup()


def _replace(temporary: Path, final: Path) -> None:
    """Rename over a file or an empty folder; a full folder is moved away first, and back if renaming fails."""
    if not (final.is_dir() and any(final.iterdir())):
        temporary.replace(final)
        return
    old = final.with_name(f".{final.name[:40]}.{secrets.token_hex(4)}.old")
    final.replace(old)
    try:
        temporary.replace(final)
    except OSError:
        old.replace(final)
        raise
    shutil.rmtree(old)
