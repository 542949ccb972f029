"""Options that name files of genotypes and archaic samples; several verbs have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archaictools.api.inputs import paths_given, texts_given
from archaictools.options import INPUT, option

if TYPE_CHECKING:
    from pathlib import Path


def modern_files(note: str = "") -> Any:
    """Return the option ``--vcf``; ``note`` follows "modern samples" in its help."""
    return _files(f"VCF, BCF, VCF Zarr or PLINK 2 .pgen of modern samples{note}; repeat it for several files.")


def archaic_samples(*default: tuple[str, ...]) -> Any:
    """Return the option ``--archaic``, which is required if no default is given."""
    return option(
        *default,
        multiple=True,
        parse=texts_given,
        help="Archaic samples, in --vcf or in --archaic-vcf: names, or a file of names.",
    )


def archaic_files(note: str = "") -> Any:
    """Return the option ``--archaic-vcf``; ``note`` ends its help."""
    return _files(f"VCF, gVCF, BCF or VCF Zarr of archaic samples; repeat it for several files.{note}", ())


def _files(text: str, *default: tuple[Path, ...]) -> Any:
    """Return an option of several files, with its help; it is required if no default is given."""
    return option(*default, type=INPUT, multiple=True, parse=paths_given, help=text)
