"""Names of chromosomes in several files: ``chr21`` in one and ``21`` in another are one chromosome, and that is said.

A tool that meets both styles and does not notice finds nothing, silently; see the threads of other callers. Only the
prefix ``chr`` is reconciled; ``chrM`` and ``MT`` are not, since their sequences may differ.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from archaictools.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from archaictools.formats.tally import Tally

log = logging.getLogger("archaictools")

_PREFIX = "chr"


def bare(name: str) -> str:
    """Return a chromosome's name without ``chr``.

    >>> bare("chr21"), bare("21")
    ('21', '21')
    """
    return name.removeprefix(_PREFIX) or name


def other_style(name: str) -> str:
    """Return a chromosome's name in the other style."""
    return name.removeprefix(_PREFIX) if name.startswith(_PREFIX) else f"{_PREFIX}{name}"


class Naming:
    """Bring the chromosome names of several files to the style of the first name met.

    Examples
    --------
    >>> from archaictools.formats.tally import Tally
    >>> naming = Naming(Tally())
    >>> naming.common("21", "people.vcf"), naming.common("chr21", "archaic.vcf")
    ('21', '21')
    """

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._prefixed: bool | None = None
        self._found: dict[str, dict[str, str]] = {}
        self._told: set[str] = set()

    def common(self, name: str, source: Path | str) -> str:
        """Return the name under which results know a chromosome that ``source`` calls ``name``.

        Raises
        ------
        InputError
            If that file itself holds the chromosome in both styles.
        """
        before = self._found.setdefault(str(source), {}).setdefault(bare(name), name)
        if before != name:
            raise InputError(
                f"names the same chromosome {before} and {name}",
                path=source,
                remedy="rename one of them; which is meant cannot be told",
            )
        if self._prefixed is None:
            self._prefixed = name.startswith(_PREFIX)
        if name.startswith(_PREFIX) == self._prefixed:
            return name
        if str(source) not in self._told:
            self._told.add(str(source))
            log.warning("%s names chromosomes in another style: its %s is read as %s", source, name, other_style(name))
            self._tally.add("chromosome names", f"files in another style, read as {other_style(name)} for {name}", 1)
        return other_style(name)
