"""archaictools: find archaic (Neanderthal, Denisovan) DNA in genomes with LSTMs.

Every verb of the command line is a function of the same name here, with the options as keywords::

    import archaictools as at

    words = at.haplotypes(vcf="people.vcf.gz", ingroup=["NA06984"], outgroup="outgroup.txt", out="haplotypes.h5")
    calls = at.predict(model="pretrained", words=words)
    calls.segments  # a pandas table

Two wings share a small core: ``sequence`` (k-mers of a reference genome) and ``haplotypes`` (people's VCFs), over
``io`` (file formats) and ``learning`` (networks, training, splits, measures). ``simulation`` makes people with known
truth. ``report`` shows results in one page. ``api`` holds one function per verb; ``cli`` gives it a command line. The
wings never import each other.

Coordinates are 0-based and half-open everywhere inside the package.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from archaictools import errors

if TYPE_CHECKING:
    from inspect import Signature

    from archaictools.api.audit import audit
    from archaictools.api.candidates import candidates
    from archaictools.api.embedding import embedding
    from archaictools.api.evaluate import evaluate
    from archaictools.api.extract import extract
    from archaictools.api.genes import genes
    from archaictools.api.haplotypes import haplotypes
    from archaictools.api.importance import importance
    from archaictools.api.merge import merge
    from archaictools.api.predict import predict
    from archaictools.api.report import report
    from archaictools.api.sharing import sharing
    from archaictools.api.simulate import simulate
    from archaictools.api.tokenize import tokenize
    from archaictools.api.train import train
    from archaictools.api.windows import windows

__version__ = "0.1.0"

__all__ = [
    "__version__",
    "audit",
    "candidates",
    "embedding",
    "errors",
    "evaluate",
    "extract",
    "genes",
    "haplotypes",
    "importance",
    "merge",
    "predict",
    "report",
    "sharing",
    "simulate",
    "tokenize",
    "train",
    "windows",
]


def __getattr__(name: str) -> object:
    """Import a verb's function when it is used first, so that ``import archaictools`` is quick."""
    if name in __all__:
        return _function(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the public names, most of which are imported when they are used first."""
    return sorted(__all__)


def _function(name: str) -> Any:
    """Return a verb's function."""
    return getattr(import_module(f"archaictools.api.{name}"), name)


# Two names stand for two things: the verb ``archaictools.haplotypes(...)`` and the sub-package of the haplotype wing,
# and the same for ``report``. Python binds a sub-package to its name as soon as any module of it is imported, so
# ``__getattr__`` is not asked. Therefore these sub-packages are callable. They get their class here, since they must
# not import ``api``; a package is imported before its sub-packages, so this has happened whatever is imported first.
class _CallablePackage(ModuleType):
    @property
    def _verb(self) -> Any:
        return _function(self.__name__.rpartition(".")[2])

    def __call__(self, *args: Any, **options: Any) -> object:
        return self._verb(*args, **options)

    @property
    def __doc__(self) -> str | None:  # type: ignore[override]
        doc: str | None = self._verb.__doc__
        return doc

    @property
    def __signature__(self) -> Signature:
        from inspect import signature

        return signature(self._verb)

    def __reduce__(self) -> tuple[Any, tuple[str]]:  # so that a pool of processes can call it
        return import_module, (self.__name__,)

    @property
    def bundles(self) -> Any:
        return self._verb.bundles


for _name in ("haplotypes", "report"):
    import_module(f"{__name__}.{_name}").__class__ = _CallablePackage
