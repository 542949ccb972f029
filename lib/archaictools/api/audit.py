"""``archaictools.audit``: what a model could use without having learnt anything, for a split of labelled windows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from archaictools.api.inputs import file_of
from archaictools.api.keywords import keywords
from archaictools.api.result import Result
from archaictools.learning.options import SplitOptions
from archaictools.options import INPUT, OUTPUT, RunOptions, option

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from archaictools.api.inputs import PathLike
    from archaictools.io.summary import Summary
    from archaictools.sequence.audit.report import AuditReport


@dataclass(frozen=True, kw_only=True)
class AuditFiles:
    """The genome, the report and its plots."""

    genome: Path | None = option(
        None, type=INPUT, help="FASTA of the windows of a BED file [default: only coordinates are audited]."
    )
    out: Path | None = option(None, type=OUTPUT, required=True, help="Report: .json, or .tsv (or -) for a table.")
    plots: Path | None = option(
        None, type=OUTPUT, help="New folder of plots, each as PNG and SVG: leakage, composition and gc."
    )


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class AuditResult(Result):
    """Audit of a split.

    Attributes
    ----------
    verdict
        ``clean``, ``suspect`` or ``leaky``: the worst of the parts.
    reason
        The reason, one sentence.
    report
        All measures, as ``--out`` writes them to JSON.
    """

    verdict: str
    reason: str
    report: AuditReport = field(repr=False)

    @property
    def table(self) -> pd.DataFrame:
        """Table ``check, item, value`` of the report."""
        from archaictools.sequence.audit.report import audit_table

        return audit_table(self.report)


@keywords(files=AuditFiles, split=SplitOptions, run=RunOptions)
def audit(windows: PathLike, *, files: AuditFiles, split: SplitOptions, run: RunOptions) -> AuditResult:
    """Audit a split: shared bases, shared sequence, locations and composition.

    Parameters
    ----------
    windows
        BED file of labelled windows, a file of k-mers, or a result of ``windows`` or ``tokenize``.

    Returns
    -------
    AuditResult
        Verdict, reason and all measures.

    Raises
    ------
    InputError
        If a file cannot be understood, or if the windows cannot be split.
    UsageError
        If options contradict each other.
    """
    from archaictools.errors import UsageError
    from archaictools.io.files import StagedOutputs
    from archaictools.io.pipes import is_stream
    from archaictools.io.summary import Summary
    from archaictools.io.tables import write_json, write_table
    from archaictools.sequence.audit.report import audit_split, audit_table
    from archaictools.sequence.dataset import open_labelled

    out = files.out
    if out and out.suffix not in {".json", ".tsv"} and not is_stream(out):
        raise UsageError(f"{out} must end in .json or .tsv: the suffix chooses the format")
    scheme, tally = split.scheme(seed=run.seed), Summary()
    with (
        StagedOutputs() as outputs,
        file_of(windows, "windows") as path,
        open_labelled(path, files.genome, tally=tally) as (locations, read),
    ):
        target = outputs.stage(out) if out else None
        folder = outputs.stage_folder(files.plots) if files.plots else None
        found = audit_split(locations, scheme, read=read)
        if target and out and out.suffix == ".json":
            write_json(target, found)
        elif target:
            write_table(target, audit_table(found))
        if folder:
            from archaictools.learning.plots import write_plots
            from archaictools.sequence.audit.composition import features
            from archaictools.sequence.audit.plots import audit_plots

            composition = features(read(), len(locations)) if read else None
            write_plots(folder, audit_plots(found, locations.label, composition))
    return AuditResult(verdict=found["verdict"], reason=found["reason"], report=found, facts=_facts(found, tally))


def _facts(found: AuditReport, tally: Summary) -> dict[str, str]:
    coordinates, coverage = found["coordinates"], found["coverage"]
    depths = {"introgressed": coverage["introgressed"]["depth"], "depleted": coverage["depleted"]["depth"]}
    facts = {
        "verdict": f"{found['verdict']} ({found['reason']})",
        "overlapping": f"{coordinates['overlapping_share']:.2%} of {coordinates['test_windows']:,} test windows",
        "coordinates alone": f"accuracy {coordinates['coordinate_accuracy']:.4f}, the commoner class "
        f"{coordinates['majority_accuracy']:.4f}",
        "depth": ", ".join(f"{name} {depth:.1f} times" for name, depth in depths.items()),
    }
    if "sequence" in found:
        twins = found["sequence"]["twins_share"]
        each = ", ".join(f"{name} {value['auroc']:.3f}" for name, value in found["separability"].items())
        facts["twins"] = f"{twins:.2%} of the test windows are nearly whole in training"
        facts["composition"] = f"{each} (AUROC of each alone)"
    else:
        facts["sequence"] = "not looked at: give --genome, or a file of k-mers"
    if tally.frame()["count"].sum():
        facts["handled"] = tally.sentence()
    return facts
