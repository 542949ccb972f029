"""archaictools: find archaic (Neanderthal, Denisovan) DNA in genomes with LSTMs.

Every verb of the command line is a function of the same name here, with the options as keywords::

    import archaictools as at

    words = at.haplotypes(vcf="people.vcf.gz", ingroup=["NA06984"], outgroup="outgroup.txt", out="haplotypes.h5")
    calls = at.predict(model="pretrained", words=words)
    calls.segments  # a pandas table

Two wings share a small core: ``sequence`` (k-mers of a reference genome) and ``haplotypes`` (people's VCFs), over
``io`` (file formats) and ``learning`` (networks, training, splits, measures). ``simulation`` makes people with known
truth. ``api`` holds one function a verb; ``cli`` gives it a command line. The wings never import each other.

Coordinates are 0-based and half-open everywhere inside the package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archaictools.api.genes import genes
    from archaictools.api.merge import merge
    from archaictools.api.predict import predict
    from archaictools.api.windows import windows

__version__ = "0.1.0"

__all__ = ["__version__", "genes", "merge", "predict", "windows"]


def __getattr__(name: str) -> object:
    """Import a verb's function when it is used first, so that ``import archaictools`` is quick."""
    if name in __all__:
        from importlib import import_module

        return getattr(import_module(f"archaictools.api.{name}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
