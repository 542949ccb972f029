"""Draw the segments of people along one chromosome: python docs/plot_people.py SEGMENTS.tsv PICTURE.png.

``docs/ten_people.png`` is made of ``demo-people/people/segments.tsv``, see ``make demo-people``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import pandas as pd

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.patches import Patch

from archaictools.haplotypes.sources import AMBIGUOUS, UNMATCHED
from archaictools.haplotypes.tables import AMBIGUOUS_COLOUR, SOURCE_COLOURS, UNMATCHED_COLOUR

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def _hex(colour: str) -> str:
    """Return a colour of a BED, such as 0,114,178, as Matplotlib writes it."""
    return "#" + "".join(f"{int(value):02x}" for value in colour.split(","))


#: Colours of named sources in the order of their names, then of the others, as in ``predict --bed``.
COLOURS = [_hex(colour) for colour in SOURCE_COLOURS]
OTHERS = {AMBIGUOUS: _hex(AMBIGUOUS_COLOUR), UNMATCHED: _hex(UNMATCHED_COLOUR)}


def draw(axes: Axes, segments: pd.DataFrame, callable_: pd.DataFrame) -> None:
    """Draw a row for each haplotype: its segments, over the callable stretches of the chromosome.

    Parameters
    ----------
    axes
        Where to draw.
    segments
        ``start, end, sample, haplotype, source`` of one chromosome.
    callable_
        ``start, end`` of the stretches with data.
    """
    people = sorted(segments["sample"].unique())
    named = [name for name in dict.fromkeys(segments["source"]) if name not in OTHERS]
    colour = dict(zip(sorted(named), COLOURS, strict=False)) | OTHERS
    stretches = np.column_stack([callable_["start"], callable_["end"] - callable_["start"]]) / 1e6
    for number, sample in enumerate(people):
        for haplotype in (1, 2):
            base = (number * 2.5 + haplotype - 1, 0.9)
            axes.broken_barh(stretches.tolist(), base, color="#f0f0f0", linewidth=0)
            own = segments[(segments["sample"] == sample) & (segments["haplotype"] == haplotype)]
            for source, part in own.groupby("source"):
                bars = np.column_stack([part["start"], part["end"] - part["start"]]) / 1e6
                axes.broken_barh(bars.tolist(), base, color=colour[str(source)], linewidth=0)
    axes.set_yticks([number * 2.5 + 1 for number in range(len(people))], people)
    axes.set_ylim(len(people) * 2.5, -0.5)
    axes.set_xlabel("position on the chromosome (Mb)")
    axes.tick_params(axis="y", length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    patches = [
        Patch(color=colour[name], label=name)
        for name in (*sorted(named), *OTHERS)
        if (segments["source"] == name).any()
    ]
    patches.append(Patch(color="#f0f0f0", label="callable, not archaic"))
    axes.legend(handles=patches, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncol=len(patches), frameon=False)


def main(segments: Path, picture: Path) -> None:
    """Draw a table of segments and the ``.callable.bed`` next to it."""
    table = pd.read_csv(segments, sep="\t")
    beside = pd.read_csv(segments.with_suffix(".callable.bed"), sep="\t", names=["chrom", "start", "end", "haplotypes"])
    chrom = table["chrom"].iloc[0]
    plt.rcParams.update({"font.size": 9})
    figure, axes = plt.subplots(figsize=(7, 3.6), layout="constrained")
    draw(axes, table[table["chrom"] == chrom], beside[beside["chrom"] == chrom])
    figure.savefig(picture, dpi=150)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
