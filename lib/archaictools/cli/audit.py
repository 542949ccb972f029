"""``archaictools audit``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from archaictools.cli.options import common, report
from archaictools.cli.splitting import holding_out, split_options
from archaictools.options import INPUT, OUTPUT

if TYPE_CHECKING:
    from pathlib import Path


@click.command("audit", short_help="Ask whether a split is honest.")
@click.argument("windows", type=INPUT)
@click.option("--genome", type=INPUT, help="FASTA of a BED's windows; without it, coordinates are judged alone.")
@holding_out
@click.option("--out", type=OUTPUT, required=True, help="The report: .json, or .tsv (or -) for a table.")
@click.option(
    "--fail-on",
    type=click.Choice(["never", "leaky", "suspect"]),
    default="never",
    show_default=True,
    help="Leave with exit code 1 at this verdict or a worse one, for pipelines; the report is written all the same.",
)
@common
def command(
    *, windows: Path, genome: Path | None, splitting: dict[str, Any], out: Path, fail_on: str, threads: int, seed: int
) -> int:
    """Ask what a model could use without learning anything: shared bases, shared sequence, places, composition.

    WINDOWS is a BED file of labelled windows, or a words.h5.
    """
    from archaictools.errors import UsageError
    from archaictools.io.files import StagedOutputs
    from archaictools.io.pipes import is_stream
    from archaictools.io.summary import Summary
    from archaictools.io.tables import write_json, write_table
    from archaictools.sequence.audit.overlap import VERDICTS
    from archaictools.sequence.audit.report import audit_split, audit_table
    from archaictools.sequence.dataset import open_labelled

    if out.suffix not in {".json", ".tsv"} and not is_stream(out):
        raise UsageError(f"{out} must end in .json or .tsv: the suffix chooses the format")
    options, tally = split_options(splitting), Summary()
    with StagedOutputs() as outputs, open_labelled(windows, genome, tally=tally) as (places, read):
        target = outputs.stage(out)
        found = audit_split(places, options, read=read)
        if out.suffix == ".json":
            write_json(target, found)
        else:
            write_table(target, audit_table(found))
    coordinates = found["coordinates"]
    report(
        verdict=f"{found['verdict']} ({found['reason']})",
        overlapping=f"{coordinates['overlapping_share']:.2%} of {coordinates['test_windows']:,} test windows",
        coordinates_alone=f"accuracy {coordinates['coordinate_accuracy']:.4f}, the commoner class "
        f"{coordinates['majority_accuracy']:.4f}",
        depth=", ".join(
            f"{name} {found['coverage'][name]['depth']:.1f} times" for name in ("introgressed", "depleted")
        ),
    )
    if read is None:
        report(sequence="not looked at: give --genome, or a words.h5")
    else:
        report(
            twins=f"{found['sequence']['twins_share']:.2%} of the test windows stand in training almost whole",
            composition=", ".join(f"{name} {value['auroc']:.3f}" for name, value in found["separability"].items())
            + " (AUROC of each alone)",
        )
    if tally.frame()["count"].sum():
        report(handled=tally.sentence())
    failing = fail_on != "never" and VERDICTS.index(found["verdict"]) >= VERDICTS.index(fail_on)
    return 1 if failing else 0
