"""Make the inputs of controls.sh: shuffled labels, and random sequence under overlapping regions.

make_control.py shuffle WINDOWS.bed SHUFFLED.bed
make_control.py noise OUT [DATA]
"""

from __future__ import annotations

import gzip
import random
import sys
from pathlib import Path

#: Region from which published regions are taken.
CHROM, FIRST, LAST = "chr22", 20_000_000, 26_000_000


def shuffle(windows: Path, shuffled: Path) -> None:
    """Shuffle the labels of windows."""
    rows = [line.split("\t") for line in windows.read_text().splitlines()]
    labels = [row[3] for row in rows]
    random.Random(1).shuffle(labels)
    shuffled.write_text(
        "".join("\t".join([*row[:3], label, *row[4:]]) + "\n" for row, label in zip(rows, labels, strict=True))
    )


def noise(out: Path, data: Path | None) -> None:
    """Write a random genome, and overlapping regions of two classes."""
    draw = random.Random(2)
    length = LAST - FIRST if data else 400_000
    sequence = "".join(draw.choices("ACGT", k=length))
    lines = (sequence[i : i + 100] + "\n" for i in range(0, length, 100))
    (out / "noise.fa").write_text(f">{CHROM}\n" + "".join(lines))
    for name, short, place in (("introgressed", "intr", 0), ("depleted", "depl", 1)):
        if data:
            with gzip.open(data / f"akey_{short}.hg19.bed.gz", "rt") as handle:
                fields = (line.split("\t")[:3] for line in handle if line.startswith(f"{CHROM}\t"))
                rows = [(int(start) - FIRST, int(end) - FIRST) for _, start, end in fields]
            rows = [(start, end) for start, end in rows if start >= 0 and end <= length]
        else:
            starts = [draw.randrange(19) * 20_000 + place * 10_000 + draw.randrange(1_000) for _ in range(80)]
            rows = [(start, start + 9_000) for start in starts]
        text = "".join(f"{CHROM}\t{start}\t{end}\n" for start, end in sorted(rows))
        (out / f"noise.{name}.bed").write_text(text)


if __name__ == "__main__":
    verb, first, *rest = sys.argv[1:]
    if verb == "shuffle":
        shuffle(Path(first), Path(rest[0]))
    else:
        noise(Path(first), Path(rest[0]) if rest else None)
