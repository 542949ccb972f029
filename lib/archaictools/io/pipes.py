"""Standard input and output, pipes and devices in place of files.

Readers look at the first bytes of a file, compute its digest and read it more than once, which a pipe does not allow.
Therefore the data of a pipe are kept in a temporary file, which is read instead. Outputs are copied when complete.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import sys
import tempfile
from pathlib import Path

from archaictools.errors import ArchaicError, InputError

#: Name of standard input and output on a command line.
DASH = "-"

_NAMED = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}


def descriptor(path: Path | str) -> int | None:
    """Return the number of the open descriptor that a path names, or None.

    >>> descriptor("/dev/stdout"), descriptor("/dev/fd/63"), descriptor("stdout")
    (1, 63, None)
    """
    found = re.fullmatch(r"(?:/dev/fd|/proc/self/fd)/(\d{1,6})", str(path))
    return int(found[1]) if found else _NAMED.get(str(path))


def is_stream(path: Path) -> bool:
    """Return whether a path is a descriptor, a pipe or a device, rather than a file or folder."""
    if descriptor(path) is not None:
        return True
    return os.path.exists(path) and not (path.is_file() or path.is_dir())  # noqa: PTH110 - holds for long names, too


def copy_to_stream(source: Path, final: Path) -> None:
    """Copy a finished output to a pipe or descriptor; a file opened for appending is appended to."""
    sys.stdout.flush()
    number = descriptor(final)
    target = os.dup(number) if number is not None else os.open(final, os.O_WRONLY)
    with source.open("rb") as handle, os.fdopen(target, "wb") as stream:
        shutil.copyfileobj(handle, stream, 1 << 20)


class _Kept:
    """Temporary files with the data of pipes, and the names that the user gave."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._files: dict[tuple[int, int], tuple[Path, str]] = {}

    def file(self, path: Path, given: str, found: os.stat_result) -> Path:
        """Return the file of a pipe; the pipe is read at the first call."""
        key = found.st_dev, found.st_ino
        if key not in self._files:
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="archaictools-")
            place = Path(self._folder.name) / str(len(self._files))
            place.mkdir()
            target = place / path.name
            _save(path, given, target)
            self._files[key] = target, given
        return self._files[key][0]

    def as_given(self, text: str) -> str:
        """Replace names of temporary files by the names that the user gave."""
        for target, given in self._files.values():
            text = text.replace(str(target), given)
        return text

    def clear(self) -> None:
        """Remove all files."""
        self._files.clear()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


_KEPT = _Kept()
as_given, forget = _KEPT.as_given, _KEPT.clear


def seekable(given: Path | str) -> Path:
    """Return the path of an input that can be read at random, and more than once.

    Parameters
    ----------
    given
        A file or folder (returned unchanged), a pipe, ``-`` or ``/dev/stdin``. A pipe named twice is read once.

    Raises
    ------
    InputError
        If it is a terminal or a device.
    """
    path = Path("/dev/stdin") if str(given) == DASH else Path(given)
    try:
        found = path.stat()
    except (OSError, ValueError):
        return path  # the reader raises the error
    kind = found.st_mode
    if stat.S_ISREG(kind) or stat.S_ISDIR(kind):
        return path
    if not (stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind) or path.samefile(os.devnull)):
        what = "terminal" if stat.S_ISCHR(kind) and _is_terminal(path) else "device"
        raise InputError(f"is a {what}, expected a file or a pipe", path=given)
    return _KEPT.file(path, str(given), found)


def _is_terminal(path: Path) -> bool:
    try:
        with path.open("rb") as handle:
            return handle.isatty()
    except OSError:
        return False


def _save(path: Path, given: str, target: Path) -> None:
    """Write all data of a pipe to a file."""
    number = descriptor(path)
    try:
        with (
            os.fdopen(os.dup(number), "rb") if number is not None else path.open("rb") as source,
            target.open("wb") as kept,
        ):
            shutil.copyfileobj(source, kept, 1 << 20)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise ArchaicError(
                f"what comes through this pipe does not fit into {target.parent.parent.parent}",
                path=given,
                remedy="set TMPDIR to a folder with more space, or give a file",
            ) from error
        raise InputError(f"cannot be read ({error.strerror})", path=given) from error
