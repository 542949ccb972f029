"""``archaictools merge``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archaictools.cli.options import INPUT, OUTPUT, common, report

if TYPE_CHECKING:
    from pathlib import Path


@click.command("merge", short_help="Join predictions made part by part.")
@click.argument("parts", type=INPUT, nargs=-1, required=True)
@click.option("--out", type=OUTPUT, required=True, help="One file of the kind of the parts.")
@common
def command(*, parts: tuple[Path, ...], out: Path, threads: int, seed: int) -> None:
    """Join predictions that were made chromosome by chromosome.

    PARTS are bigWigs, tables or BED files of 'archaictools predict', all of one kind; no chromosome may be in two.
    """
    from archaictools.formats.files import Outputs
    from archaictools.results.merging import merge

    with Outputs() as outputs:
        merged = merge(parts, outputs.stage(out))
    report(
        merged=f"{len(parts):,} {merged.kind} parts into {out}"
        + (f", {merged.empty_parts:,} of them empty" if merged.empty_parts else ""),
        **{"intervals" if merged.kind == "bigWig" else "rows": f"{merged.rows:,}"},
    )
