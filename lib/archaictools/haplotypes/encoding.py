"""Encoding of haplotypes: the parameters that a file of haplotypes and a model of haplotypes must have in common."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from archaictools.alphabet import Alphabet
from archaictools.errors import InputError
from archaictools.haplotypes.allele_classes import CLASSES
from archaictools.haplotypes.options import MAX_BIN
from archaictools.io.schema import check_names

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from archaictools.learning.network import NetworkConfig

#: Largest number of archaic samples.
MAX_ARCHAIC = 1_000

#: Inputs that all haplotypes of a bin have in common.
SHARED_INPUTS = ("outgroup_variable", "callable")


@dataclass(frozen=True, kw_only=True)
class HaplotypeEncoding:
    """Parameters of features.

    Attributes
    ----------
    bin
        Length of a bin in bp.
    archaic
        Names of the archaic samples.
    outgroup
        Number of outgroup samples.
    patterns
        Names of the allele classes, in the order of their ids.
    """

    bin: int = 1_000
    archaic: tuple[str, ...] = ()
    outgroup: int = 0
    patterns: tuple[str, ...] = field(default=CLASSES)
    name: str = Alphabet.VARIANT.value

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any], path: Path) -> HaplotypeEncoding:
        """Return the encoding that :meth:`to_dict` gave.

        Raises
        ------
        InputError
            If the parameters are not those of this release.
        """
        size, outgroup, archaic, patterns = (stored.get(key) for key in ("bin", "outgroup", "archaic", "patterns"))
        if (
            set(stored) != {"bin", "outgroup", "archaic", "patterns"}
            or not (isinstance(size, int) and isinstance(outgroup, int))
            or not (isinstance(archaic, list) and isinstance(patterns, list))
        ):
            raise InputError("names parameters this release does not know", path=path)
        if patterns != list(CLASSES) or not 1 <= size <= MAX_BIN or outgroup < 0:
            raise InputError("has allele classes that this release does not know", path=path)
        if len(archaic) > MAX_ARCHAIC:
            raise InputError(f"names {len(archaic):,} archaic samples, expected {MAX_ARCHAIC:,} at most", path=path)
        names = check_names(archaic, path, what="an archaic sample's name")
        return cls(bin=size, outgroup=outgroup, archaic=tuple(names), patterns=CLASSES)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs of a network: the allele classes, then :data:`SHARED_INPUTS`."""
        return (*self.patterns, *SHARED_INPUTS)

    @property
    def vocabulary(self) -> int:
        """Number of inputs."""
        return len(self.inputs)

    def to_dict(self) -> dict[str, Any]:
        """Return the parameters as plain values."""
        return {key: value for key, value in asdict(self).items() if key != "name"}

    def fits(self, network: NetworkConfig, second: NetworkConfig | None) -> bool:
        """Return whether a network reads these bins, and a second network also the inputs of relatives."""
        from archaictools.haplotypes.relatedness import INPUTS

        refining = second is None or (second.per_bin and second.vocabulary == network.vocabulary + len(INPUTS))
        return network.per_bin and refining
