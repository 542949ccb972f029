"""How alleles become the features of a bin: the parameters that a file of haplotypes and a model share."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from archaictools.errors import InputError
from archaictools.haplotypes.allele_classes import PATTERNS
from archaictools.haplotypes.options import MAX_BIN
from archaictools.io.schema import check_names

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from archaictools.learning.network import NetworkConfig

ALPHABET = "variant"

#: Maximum number of archaic people.
MOST_ARCHAIC = 1_000

#: Features of a bin that are the same for all haplotypes.
SHARED = ("outgroup_variable", "callable")


@dataclass(frozen=True, kw_only=True)
class HaplotypeEncoding:
    """How alleles become words.

    Attributes
    ----------
    bin
        Length of a bin in bp.
    archaic
        Names of the archaic people.
    outgroup
        Number of outgroup people.
    patterns
        The words, in the order of their ids.
    """

    bin: int = 1_000
    archaic: tuple[str, ...] = ()
    outgroup: int = 0
    patterns: tuple[str, ...] = field(default=PATTERNS)
    name: str = ALPHABET

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any], path: Path) -> HaplotypeEncoding:
        """Rebuild an encoding from :meth:`to_dict`.

        Raises
        ------
        InputError
            If that is not possible.
        """
        size, outgroup, archaic, patterns = (stored.get(key) for key in ("bin", "outgroup", "archaic", "patterns"))
        if (
            set(stored) != {"bin", "outgroup", "archaic", "patterns"}
            or not (isinstance(size, int) and isinstance(outgroup, int))
            or not (isinstance(archaic, list) and isinstance(patterns, list))
        ):
            raise InputError("names parameters this release does not know", path=path)
        if patterns != list(PATTERNS) or not 1 <= size <= MAX_BIN or outgroup < 0:
            raise InputError("has words that this release does not know", path=path)
        if len(archaic) > MOST_ARCHAIC:
            raise InputError(f"names {len(archaic):,} archaic people, expected {MOST_ARCHAIC:,} at most", path=path)
        people = check_names(archaic, path, what="an archaic person's name")
        return cls(bin=size, outgroup=outgroup, archaic=tuple(people), patterns=PATTERNS)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of what a network reads of a bin: the words, then what all haplotypes share."""
        return (*self.patterns, *SHARED)

    @property
    def vocabulary(self) -> int:
        """Number of inputs."""
        return len(self.inputs)

    def to_dict(self) -> dict[str, Any]:
        """Return the parameters as plain values."""
        return {key: value for key, value in asdict(self).items() if key != "name"}

    def fits(self, network: NetworkConfig, second: NetworkConfig | None) -> bool:
        """Whether a network reads these bins, and a second one also the inputs of the second network."""
        from archaictools.haplotypes.relatedness import INPUTS

        refining = second is None or (second.per_bin and second.vocabulary == network.vocabulary + len(INPUTS))
        return network.per_bin and refining
