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

from archaictools.haplotypes.lineages import Shape, sources_of
from archaictools.haplotypes.sources import AMBIGUOUS, UNMATCHED

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Bottom and height of a segment in its row (0 to 0.9, from the top), so that sources differ without colour.
PARTS: dict[Shape, tuple[float, float]] = {
    "full": (0, 0.9),
    "upper": (0, 0.5),
    "lower": (0.4, 0.5),
    "middle": (0.2, 0.5),
    "outline": (0, 0.9),
}


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
    named = sorted(set(segments["source"]) - {AMBIGUOUS, UNMATCHED})
    sources = {source.name: source for source in sources_of(named)}
    stretches = np.column_stack([callable_["start"], callable_["end"] - callable_["start"]]) / 1e6
    for number, sample in enumerate(people):
        for haplotype in (1, 2):
            top = number * 2.5 + haplotype - 1
            axes.broken_barh(stretches.tolist(), (top, 0.9), color="#f0f0f0", linewidth=0)
            own = segments[(segments["sample"] == sample) & (segments["haplotype"] == haplotype)]
            for name, rows in own.groupby("source"):
                bars = np.column_stack([rows["start"], rows["end"] - rows["start"]]) / 1e6
                source = sources[str(name)]
                first, height = PARTS[source.shape]
                axes.broken_barh(bars.tolist(), (top + first, height), color=source.colour, linewidth=0)
    axes.set_yticks([number * 2.5 + 1 for number in range(len(people))], people)
    axes.set_ylim(len(people) * 2.5, -0.5)
    axes.set_xlabel("position on the chromosome (Mb)")
    axes.tick_params(axis="y", length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    there = set(segments["source"])
    patches = [Patch(color=source.colour, label=source.label) for source in sources.values() if source.name in there]
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
