"""``archaictools.simulate``: simulate samples with archaic ancestors and known truth."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from archaictools.api.keywords import keywords
from archaictools.api.result import FileResult
from archaictools.options import OUTPUT, RunOptions, option
from archaictools.simulation.options import ErrorOptions, PopulationOptions, SimulationOptions

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from archaictools.simulation.plan import SimulationMeta


@dataclass(frozen=True, kw_only=True)
class SimulationFiles:
    """The output."""

    out: Path = option(type=OUTPUT, help="New folder of VCFs, true segments and lists of samples.")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SimulateResult(FileResult):
    """A simulated data set.

    Attributes
    ----------
    path
        Its folder.
    meta
        Contents of ``meta.json``: parameters, populations, and counts.
    """

    path: Path
    meta: SimulationMeta = field(repr=False)

    @property
    def vcf(self) -> list[Path]:
        """VCF files of the modern samples, one per chromosome."""
        return [self.path / f"modern.chr{number + 1}.vcf.gz" for number in range(self._chromosomes)]

    @property
    def archaic_vcf(self) -> list[Path]:
        """VCF files of the archaic samples, one per chromosome; none if no archaic sample was simulated."""
        numbers = range(self._chromosomes if self.archaic else 0)
        return [self.path / f"archaic.chr{number + 1}.vcf.gz" for number in numbers]

    @property
    def ingroup(self) -> list[str]:
        """Names of the ingroup samples."""
        return self._names("ingroup")

    @property
    def outgroup(self) -> list[str]:
        """Names of the outgroup samples."""
        return self._names("outgroup")

    @property
    def archaic(self) -> list[str]:
        """Names of the archaic samples."""
        return self._names("archaic")

    @property
    def truth(self) -> pd.DataFrame:
        """Table ``chrom, start, end, sample, haplotype, source`` of archaic segments; 0-based, half-open."""
        import pandas as pd

        from archaictools.simulation.chromosome import TRUTH_COLUMNS

        return pd.read_csv(self.path / "truth.bed", sep="\t", header=None, names=TRUTH_COLUMNS, comment="#")

    @property
    def _chromosomes(self) -> int:
        return len((self.path / "genome.chrom.sizes").read_text().splitlines())

    def _names(self, role: str) -> list[str]:
        return (self.path / f"{role}.txt").read_text().split()


@keywords(
    simulation=SimulationOptions,
    populations=PopulationOptions,
    errors=ErrorOptions,
    files=SimulationFiles,
    run=RunOptions,
)
def simulate(
    *,
    simulation: SimulationOptions,
    populations: PopulationOptions,
    errors: ErrorOptions,
    files: SimulationFiles,
    run: RunOptions,
) -> SimulateResult:
    """Simulate phased modern genomes and archaic genomes, with the true archaic segments.

    Returns
    -------
    SimulateResult
        The folder, and its contents.

    Raises
    ------
    UsageError
        If there is no such model or population.
    InputError
        If a file cannot be read, or an interrupted simulation with other options is in the way.

    Examples
    --------
    >>> import archaictools as at
    >>> made = at.simulate(model="10J19", ingroup=2, length=1_000_000, out="simulated")  # doctest: +SKIP
    >>> features = at.haplotypes(
    ...     vcf=made.vcf, ingroup=made.ingroup, outgroup=made.outgroup, out="haplotypes.h5"
    ... )  # doctest: +SKIP
    """
    from archaictools.io.files import StagedOutputs
    from archaictools.progress import Progress
    from archaictools.simulation.plan import Simulation
    from archaictools.simulation.run import make_data_set

    planned = Simulation(options=simulation, populations=populations, errors=errors, seed=run.seed)
    work = files.out.with_name(f".{files.out.name}.partial")
    with StagedOutputs() as outputs, Progress(simulation.chromosomes, "chromosomes", "simulate") as progress:
        folder = outputs.stage_folder(files.out)
        meta = make_data_set(planned, folder, work, processes=run.usable_threads, progress=progress)
    shares = ", ".join(f"{source} {share:.2%}" for source, share in meta["archaic_share"].items()) or "none"
    return SimulateResult(
        path=files.out,
        meta=meta,
        facts={
            "people": f"{simulation.outgroup} outgroup, {simulation.ingroup} ingroup, {simulation.archaic} archaic, "
            f"in {files.out}",
            "sites": f"{meta['sites']:,}",
            "archaic": f"{shares} of the ingroup's haplotypes, {meta['tracts']:,} tracts",
        },
    )
