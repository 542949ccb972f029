"""What a model file needs to know of the way its inputs are encoded; each wing has an encoding of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from archaictools.learning.network import NetworkConfig


class Encoding(Protocol):
    """How bases or alleles become what a network reads.

    A wing hands its class to :func:`archaictools.learning.model_file.load_model`.
    """

    @property
    def name(self) -> str:
        """Value of :class:`archaictools.alphabet.Alphabet`, as files store it."""

    @property
    def vocabulary(self) -> int:
        """Number of word ids, or of inputs of a bin."""

    def to_dict(self) -> dict[str, Any]:
        """Return the parameters as plain values."""

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any], path: Path) -> Self:
        """Rebuild an encoding from :meth:`to_dict`; raise InputError, with the path, if that is not possible."""

    def fits(self, network: NetworkConfig, second: NetworkConfig | None) -> bool:
        """Whether a network, and a second one that refines its scores, can read this encoding."""
