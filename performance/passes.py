"""Measure what fewer passes of a network cost and save: chunk length, overlap, directions and precision.

    python performance/passes.py FEATURES.h5 ... --out passes.md [--people FEATURES.h5 --published SEGMENTS.tsv]

FEATURES are labelled files of ``archaictools haplotypes``. Each setting predicts each file with the pretrained model,
by one thread of a separate process. F1 (of bases, at 0.5) and AUPRC are those of ``archaictools evaluate``. Files that
``--people`` names have no labels: F1 is that of ``validation/callers/people.py``, against PUBLISHED.

A seam is where chunks meet. The same file is predicted again, from half a step later, so that all chunks begin
elsewhere. Both results are compared where chunks of the first overlap, and elsewhere.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from archaictools.alphabet import Alphabet
from archaictools.haplotypes.base_measures import BaseCounter
from archaictools.haplotypes.callability import stretches
from archaictools.haplotypes.feature_file import FeatureFile, open_features
from archaictools.haplotypes.outputs import write_posteriors
from archaictools.haplotypes.posteriors import predict_haplotypes
from archaictools.haplotypes.predict import SPLIT_GAP, TwoStagePredictor
from archaictools.haplotypes.predictors import BinPredictor, Chunking, SecondPredictor
from archaictools.haplotypes.pretrained import load_pretrained
from archaictools.learning.metrics import compute_metrics
from archaictools.learning.openvino_network import OpenVinoForward
from archaictools.learning.options import SegmentOptions
from archaictools.learning.score_histogram import ScoreCounter
from archaictools.progress import Progress

HERE = Path(__file__).resolve().parent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Bfloat16Forward(OpenVinoForward):
    """A network whose products are of bfloat16, on a CPU that has it."""

    precision = "bf16"


NETWORKS = {"f32": OpenVinoForward, "bf16": Bfloat16Forward}


class Setting(NamedTuple):
    """One way to predict.

    Chunks of 0 bins are whole chromosomes. ``shifted``: chunks that are read backwards begin half a step later.
    """

    size: int
    percent: int
    directions: int = 2
    precision: str = "f32"
    shifted: bool = False

    def __str__(self) -> str:
        cut = f"{self.size:,} bins, {self.percent} %" if self.size else "whole chromosomes"
        one = "" if self.directions == 2 else ", one direction"
        shifted = ", shifted" if self.shifted else ""
        return cut + one + shifted + ("" if self.precision == "f32" else f", {self.precision}")


SETTINGS = (
    *(Setting(size, percent) for size in (2_000, 8_000) for percent in (50, 25, 10)),
    Setting(0, 0),
    Setting(2_000, 25, shifted=True),
    Setting(2_000, 10, shifted=True),
    Setting(2_000, 10, 1),
    Setting(2_000, 10, 2, "bf16", shifted=True),
)
#: Other settings are compared with this one.
BEFORE = SETTINGS[0]


def chunking_of(setting: Setting, features: FeatureFile) -> Chunking:
    """Return how a setting cuts the chromosomes of a file."""
    size = setting.size or max(features.bins.values())
    overlap = max(1, size * setting.percent // 100)
    return Chunking(size, overlap, (size - overlap) // 2 if setting.shifted else 0)


def predictor_of(setting: Setting, features: FeatureFile) -> TwoStagePredictor:
    """Build the pretrained model for a setting."""
    model, chunking = load_pretrained(), chunking_of(setting, features)
    member = model.members[0]
    both, second = setting.directions == 2, None

    def network(config, weights):
        made = NETWORKS[setting.precision](config, weights, threads=1)
        made.steps_in_batch = max(made.steps_in_batch, 2 * chunking.size)  # a row alone would be computed twice
        return made

    if not features.encoding.archaic:
        second = SecondPredictor(
            network(model.second_network, member.second_weights), both_strands=both, chunking=chunking
        )
    first = BinPredictor(network(model.network, member.weights), both_strands=both, chunking=chunking)
    return TwoStagePredictor(first, second)


class OneMember:
    """One predictor, where both readings are expected; it reads haplotypes as their file is."""

    def __init__(self, predictor: TwoStagePredictor, features: FeatureFile) -> None:
        self._predictor, self._features = predictor, features

    def predict_chromosomes(
        self,
        chroms: list[str],
        rows: slice,
        *,
        advance: Callable[[float], None] | None = None,
        extend: Callable[[int], None] | None = None,
    ) -> list:
        """Predict; no bin has been seen in training."""
        found = self._predictor.predict(self._features, chroms, rows, advance=advance)
        return [(values, np.zeros(values.shape[1], dtype=bool)) for values in found]


def measure(setting: Setting, path: Path, published: Path | None, *, seams: bool) -> dict[str, float]:
    """Predict one file in this process; return its measures."""
    with open_features(path) as features:
        predictor = predictor_of(setting, features)
        begin = time.process_time()
        if published:
            found = people_measures(predictor, features, published)
        else:
            posteriors = {
                (chrom, rows.start): predictor(features, chrom, rows)
                for chrom in features.bins
                for rows in features.groups
            }
            found = {}
        found["cpu"] = time.process_time() - begin
        found["mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        found["bins"] = sum(features.bins.values()) * len(features.haplotypes)
        if not published:
            found |= simulation_measures(features, posteriors)
            if seams:
                found |= seam_measures(setting, predictor, features, posteriors)
    return found


def simulation_measures(features: FeatureFile, posteriors: dict) -> dict[str, float]:
    """Return F1 and AUPRC, as ``evaluate`` measures them."""
    bases, scores = BaseCounter(0.5), ScoreCounter(1)
    for (chrom, first), values in posteriors.items():
        rows = slice(first, first + len(values))
        read, truth, label = features.read(chrom, rows), features.truth(chrom, rows), features.label(chrom, rows)
        size, there = np.diff(features.edges(chrom)), features.shared(chrom, "callable") > 0
        for row, one in enumerate(values.astype(np.float64)):
            used = there & read[row]
            bases.add(truth[row].astype(np.int64), size, used, one)
            scores.add(label[row, used], one[used], np.zeros(int(used.sum()), dtype=np.int64))
    return {"f1": bases.metrics()["f1_bp"], "auprc": compute_metrics(*scores.histogram().flat())["auprc"]}


def people_measures(predictor: TwoStagePredictor, features: FeatureFile, published: Path) -> dict[str, float]:
    """Return F1 against bases on which published methods agree."""
    sys.path.insert(0, str(HERE.parent / "validation" / "callers"))
    from people import compare

    calling = SegmentOptions().resolved(Alphabet.VARIANT)
    with Progress(None, "bins", "predict") as progress:
        made = predict_haplotypes(features, OneMember(predictor, features), progress=progress)
        segments = pd.DataFrame(write_posteriors(made, features, calling, desert_length=10**6).segments)
    table = compare(segments, published, 60_000_000)
    return {"f1": float(table["F1"].iloc[0])}


def seam_measures(
    setting: Setting, predictor: TwoStagePredictor, features: FeatureFile, posteriors: dict
) -> dict[str, float]:
    """Compare with chunks that begin half a step later: sums over bins where chunks overlap (``in``), and elsewhere."""
    chunking = chunking_of(setting, features)
    shift = (chunking.size - chunking.overlap) // 2 if setting.size else 1_000
    found = dict.fromkeys(("n_in", "d_in", "calls_in", "n_out", "d_out", "calls_out"), 0.0)
    for (chrom, first), values in posteriors.items():
        rows = slice(first, first + len(values))
        other = predictor.predict(features, [chrom], rows, slice(shift, None))[0]
        overlapping = np.zeros(values.shape[1], dtype=bool)
        for start, stop in stretches(features.shared(chrom, "callable") > 0, SPLIT_GAP):
            for backwards in range(setting.directions):
                for begin in chunking.starts(stop - start, backwards=bool(backwards))[1:]:
                    overlapping[start + begin : start + begin + chunking.overlap] = True
        far = np.arange(values.shape[1]) >= shift + 2_000  # what was cut off is missed before
        difference = np.abs(values[:, shift:] - other)
        calls = (values[:, shift:] >= 0.5) != (other >= 0.5)
        for name, where in (("in", overlapping & far), ("out", ~overlapping & far)):
            here = where[shift:]
            found[f"n_{name}"] += here.sum() * len(values)
            found[f"d_{name}"] += float(difference[:, here].sum())
            found[f"calls_{name}"] += float(calls[:, here].sum())
    return found


def measured(setting: Setting, files: list[tuple[Path, Path | None, bool]]) -> Iterator[dict[str, float]]:
    """Measure files in one separate process, and yield their measures as they come."""
    given = json.dumps([setting, [(str(path), str(published or ""), seams) for path, published, seams in files]])
    with subprocess.Popen([sys.executable, __file__, "--measure", given], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        for line in process.stdout:
            yield json.loads(line)
    if process.returncode:
        sys.exit(f"{setting}: exit code {process.returncode}")


def page(found: dict[Setting, dict[str, dict[str, float]]], people: list[str]) -> list[str]:
    """Return both tables: one row for each setting, and one for each file."""
    names = list(found[BEFORE])
    simulated = [name for name in names if name not in people]
    lines = [
        "| chunks, overlap | lowest and highest change of F1 | lowest change of AUPRC | change of F1, real people "
        "| difference of posteriors (calls) where chunks overlap | elsewhere | CPU s | CPU of the first | peak MiB |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    before = found[BEFORE]
    for setting, rows in found.items():
        if len(rows) < len(names):
            continue
        change = {
            key: [rows[n][key] - before[n][key] for n in chosen]
            for key, chosen in (("f1", simulated), ("auprc", simulated))
        }
        real = ", ".join(f"{rows[name]['f1'] - before[name]['f1']:+.3f}" for name in people)
        seams = [seam_cell(rows, name) for name in ("in", "out")]
        cpu, first = (sum(row["cpu"] for row in each.values()) for each in (rows, before))
        lines.append(
            f"| {setting} | {min(change['f1']):+.4f}, {max(change['f1']):+.4f} | {min(change['auprc']):+.4f} | {real} "
            f"| {seams[0]} | {seams[1]} | {cpu:.0f} | {cpu / first:.2f} | {max(row['mib'] for row in rows.values()):.0f} |"
        )
    lines += ["", "| F1 | " + " | ".join(map(str, found)) + " |", "|---|" + "---|" * len(found)]
    for name in names:
        cells = (f"{rows[name]['f1']:.4f}" if name in rows else "" for rows in found.values())
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


def seam_cell(rows: dict[str, dict[str, float]], where: str) -> str:
    """Format the mean difference of posteriors, and the fraction of bins that are called differently."""
    total = {key: sum(row.get(f"{key}_{where}", 0) for row in rows.values()) for key in ("n", "d", "calls")}
    if not total["n"]:
        return "–"
    return f"{total['d'] / total['n']:.1e} ({100 * total['calls'] / total['n']:.3f} %)"


def main() -> None:
    """Measure all settings and write the tables."""
    if sys.argv[1:2] == ["--measure"]:
        setting, files = json.loads(sys.argv[2])
        for path, published, seams in files:
            found = measure(Setting(*setting), Path(path), Path(published) if published else None, seams=seams)
            print(json.dumps(found), flush=True)
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--people", type=Path)
    parser.add_argument("--published", type=Path)
    parser.add_argument("--seams", type=int, default=3, help="Files whose seams are measured.")
    parser.add_argument("--keep", type=Path, help="JSON of all measures; those in it are not measured again.")
    parser.add_argument("--only", type=int, action="append", help="Number of a setting, from 0.")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    kept = json.loads(options.keep.read_text()) if options.keep and options.keep.exists() else {}
    cases = [(path, None, number < options.seams) for number, path in enumerate(options.files)]
    if options.people:
        cases.append((options.people, options.published, False))
    found: dict[Setting, dict[str, dict[str, float]]] = {}
    for setting in [SETTINGS[number] for number in ([0, *options.only] if options.only else range(len(SETTINGS)))]:
        rows = found.setdefault(setting, {})
        key = lambda path, setting=setting: f"{setting} {path.stem}"  # noqa: E731
        missing = [case for case in cases if key(case[0]) not in kept]
        for (path, _, _), found_here in zip(missing, measured(setting, missing) if missing else (), strict=True):
            kept[key(path)] = found_here
            print(key(path), json.dumps(found_here), file=sys.stderr, flush=True)
            if options.keep:
                options.keep.write_text(json.dumps(kept, indent=1))
        rows |= {path.stem: kept[key(path)] for path, _, _ in cases}
    options.out.write_text("\n".join(page(found, [options.people.stem] if options.people else [])) + "\n")


if __name__ == "__main__":
    main()
