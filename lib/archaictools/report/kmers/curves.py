"""ROC, precision-recall and reliability curves, with intervals from blocks of the genome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import altair as alt
import numpy as np
import pandas as pd

from archaictools.learning.bootstrap import BlockBootstrap, blocks_of
from archaictools.learning.draws import interval
from archaictools.learning.metrics import CALIBRATION_BINS, compute_metrics, precision_recall, reliability, roc
from archaictools.learning.report import MEASURES
from archaictools.learning.score_histogram import ScoreHistogram
from archaictools.learning.splits import Locations
from archaictools.report.blocks import Absent, Block, Chart, Column, Notes, Section, Table
from archaictools.report.kmers.numbers import known, number, percent
from archaictools.report.kmers.reliability import FEWEST, READING, axis_of, reliability_chart
from archaictools.report.kmers.verdict import measures_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy.typing as npt

    from archaictools.report.kmers.results import KmerResults

ID, TITLE = "curves", "ROC, precision-recall and reliability"

#: Places at which the interval of a curve is computed, and the largest number of corners that are drawn.
GRID, CORNERS = 101, 1_000

_ADD = "ROC and precision-recall need --predictions (of 'archaictools train')"
_SIDES = ("test", "validation")


@dataclass(frozen=True, kw_only=True)
class SideCurves:
    """Curves and measures of one side.

    Attributes
    ----------
    side
        ``test`` or ``validation``.
    roc
        ``false_positive_rate, true_positive_rate, threshold``.
    precision_recall
        ``recall, precision, threshold``.
    reliability
        ``mean_probability, introgressed_share, n, low, high``: the last two are the interval of the share.
    roc_band, precision_band
        ``at, low, high``: 95 % interval at false positive rates, or at recalls.
    measures
        One row of measures, each also with ``_low`` and ``_high``; ``n`` and ``prevalence``.
    """

    side: str
    roc: pd.DataFrame
    precision_recall: pd.DataFrame
    reliability: pd.DataFrame
    roc_band: pd.DataFrame
    precision_band: pd.DataFrame
    measures: Mapping[str, Any]


def section(results: KmerResults) -> Section | Absent:
    """Return the curves of the test side and of the validation side."""
    if results.held_out is None:
        return _without_predictions(results)
    sides = [curves_of(results, side) for side in _SIDES if (results.held_out["split"] == side).any()]
    if not sides:
        return Section(id=ID, title=TITLE, lead="The table of held-out predictions has no window.", blocks=())
    blocks: list[Block] = [_measures(sides), _roc(sides), _precision(sides), _reliability(sides)]
    blocks += _breakdowns(results)
    blocks.append(
        Notes(
            items=(
                "Test windows were used for nothing but these measures. Validation windows chose the epoch and the "
                "temperature, so their curves are a little too good.",
                "Intervals are central 95 % intervals over 1,000 draws of 50 blocks of the genome, because windows "
                "near each other are not independent.",
            )
        )
    )
    return Section(
        id=ID,
        title=TITLE,
        lead="ROC: how many introgressed windows are found at which rate of false alarms. "
        "Precision-recall: how many calls are right. "
        "Reliability: whether a probability of 0.8 is right in 80 % of cases.",
        blocks=tuple(blocks),
    )


def curves_of(results: KmerResults, side: str) -> SideCurves:
    """Return the curves of one side of the held-out predictions.

    Blocks and random seed are those of ``train``, so that the intervals of its metrics come out again.
    """
    if results.held_out is None:
        raise ValueError("no held-out predictions")
    rows = results.held_out[results.held_out["split"] == side]
    locations = _locations(rows, results)
    probability = rows["probability"].to_numpy(dtype=np.float64)
    scores = ScoreHistogram.of(locations.label, probability, blocks_of(locations))
    bootstrap = BlockBootstrap(scores.pieces, seed=_seed(results))
    at = np.linspace(0, 1, GRID)
    recall = at[1:]
    measured: dict[str, Any] = dict(compute_metrics(locations.label, probability))
    for name, draws in bootstrap.draw(scores).items():
        measured[f"{name}_low"], measured[f"{name}_high"] = interval(draws)
    curve = reliability(locations.label, probability)
    bins = np.rint(curve["low"] * CALIBRATION_BINS).astype(int)
    share = bootstrap.shares(scores)[:, bins]
    low, high = np.array([interval(column) for column in share.T]).reshape(-1, 2).T
    enough = (curve["n"] >= FEWEST).to_numpy()
    low, high = np.where(enough, low, np.nan), np.where(enough, high, np.nan)
    return SideCurves(
        side=side,
        roc=_thinned(roc(locations.label, probability)),
        precision_recall=_thinned(precision_recall(locations.label, probability)),
        reliability=curve.drop(columns=["low", "high"]).assign(low=low, high=high),
        roc_band=_band(at, bootstrap.roc(scores, at)),
        precision_band=_band(recall, bootstrap.precision(scores, recall)),
        measures=measured,
    )


def _locations(rows: pd.DataFrame, results: KmerResults) -> Locations:
    """Return locations and labels of predictions, with chromosomes in the order of the genome."""
    present = set(rows["chrom"])
    names = [*(name for name in results.lengths if name in present)]
    names += [name for name in dict.fromkeys(rows["chrom"]) if name not in results.lengths]
    return Locations(
        names=names,
        chrom=pd.Index(names).get_indexer(pd.Index(rows["chrom"])),
        start=rows["start"].to_numpy(dtype=np.int64),
        end=rows["end"].to_numpy(dtype=np.int64),
        label=rows["label"].to_numpy(dtype=np.int8),
    )


def _seed(results: KmerResults) -> int:
    training = (measures_of(results) or {}).get("training") or {}
    seed = training.get("seed", 1)
    return seed if isinstance(seed, int) else 1


def _band(at: npt.NDArray[np.float64], draws: npt.NDArray[np.float64]) -> pd.DataFrame:
    bounds = np.array([interval(column) for column in draws.T])
    return pd.DataFrame({"at": at, "low": bounds[:, 0], "high": bounds[:, 1]}).dropna()


def _thinned(points: pd.DataFrame) -> pd.DataFrame:
    """Return at most :data:`CORNERS` points of a curve, the first and the last included."""
    if len(points) <= CORNERS:
        return points
    kept: npt.NDArray[np.int64] = np.unique(np.linspace(0, len(points) - 1, CORNERS).round().astype(np.int64))
    return points.iloc[kept].reset_index(drop=True)


def _joined(sides: Iterable[SideCurves], name: str) -> pd.DataFrame:
    parts: list[pd.DataFrame] = [getattr(one, name).assign(side=one.side) for one in sides]
    return pd.concat(parts, ignore_index=True)


def _side_encodings(sides: list[SideCurves]) -> dict[str, Any]:
    names = [one.side for one in sides]
    dash = alt.Scale(domain=list(_SIDES), range=[[1, 0], [5, 4]])
    return {
        "color": alt.Color("side:N", title="Side", scale=alt.Scale(domain=names)),
        "strokeDash": alt.StrokeDash("side:N", title="Side", scale=dash),
    }


def _curve(
    sides: list[SideCurves], points: str, band: str, x: tuple[str, str], y: tuple[str, str], line: Any
) -> alt.LayerChart:
    """Draw a curve of each side, and the interval of the test side; ``x`` and ``y`` are column and title."""
    own = [one for one in sides if one.side == "test"] or sides
    area = (
        alt.Chart(_joined(own, band))
        .mark_area(opacity=0.35, color="#888888")
        .encode(x=axis_of("at", x[1]), y=axis_of("low", y[1], alt.Y), y2="high:Q")
    )
    lines = (
        alt.Chart(_joined(sides, points).replace({"threshold": {np.inf: np.nan}}))
        .mark_line(strokeWidth=2, interpolate=line)
        .encode(
            x=axis_of(x[0], x[1]),
            y=axis_of(y[0], y[1], alt.Y),
            order=alt.Order(f"{x[0]}:Q"),
            tooltip=[
                alt.Tooltip("side:N", title="Side"),
                alt.Tooltip("threshold:Q", title="Probability threshold", format=".3f"),
                alt.Tooltip(f"{x[0]}:Q", title=x[1], format=".3f"),
                alt.Tooltip(f"{y[0]}:Q", title=y[1], format=".3f"),
            ],
            **_side_encodings(sides),
        )
    )
    return alt.LayerChart(layer=[area, lines, pointed(lines)])


def pointed(lines: alt.Chart) -> alt.Chart:
    """Return unseen points on the corners of lines, so that a pointer near a line finds the values of a corner."""
    points: alt.Chart = lines.copy(deep=True)
    points.mark = alt.MarkDef(type="point", filled=True, opacity=0, size=160)
    for name in ("strokeDash", "order"):
        points.encoding[name] = alt.Undefined
    return points


def _roc(sides: list[SideCurves]) -> Chart:
    x = ("false_positive_rate", "False positive rate (share of depleted windows)")
    y = ("true_positive_rate", "True positive rate (share of introgressed windows)")
    diagonal = alt.Chart(pd.DataFrame({"x": [0, 1], "y": [0, 1]})).mark_line(strokeDash=[2, 4], color="#888888")
    chance = diagonal.encode(x="x:Q", y="y:Q")
    return Chart(
        name="kmers-roc",
        chart=alt.layer(chance, _curve(sides, "roc", "roc_band", x, y, "linear")).properties(
            width="container", height=360
        ),
        caption=f"ROC curve of {_named(sides, 'auroc', 'AUROC')}. The band is the 95 % interval of the test side, "
        "the dotted diagonal is chance.",
    )


def _precision(sides: list[SideCurves]) -> Chart:
    x, y = ("recall", "Recall (share of introgressed windows)"), ("precision", "Precision (share of calls)")
    share = alt.Chart(pd.DataFrame({"y": [sides[0].measures["prevalence"]]})).mark_rule(
        strokeDash=[2, 4], color="#888888"
    )
    return Chart(
        name="kmers-precision-recall",
        chart=alt.layer(
            share.encode(y="y:Q"), _curve(sides, "precision_recall", "precision_band", x, y, "step-before")
        ).properties(width="container", height=360),
        caption=f"Precision-recall curve of {_named(sides, 'auprc', 'AUPRC')}. The band is the 95 % interval of the "
        f"test side, the dotted line is chance: {percent(sides[0].measures['prevalence'])} are introgressed.",
    )


def _named(sides: list[SideCurves], measure: str, title: str) -> str:
    return " and ".join(f"{one.side} windows ({title} {number(one.measures[measure])})" for one in sides)


def _reliability(sides: list[SideCurves]) -> Chart:
    return Chart(
        name="kmers-reliability",
        chart=reliability_chart(_joined(sides, "reliability"), "side"),
        caption="Observed share of introgressed windows by predicted probability, in ten bins of equal width. "
        f"{READING}",
    )


def _measures(sides: list[SideCurves]) -> Table:
    titles = {"auroc": "AUROC", "auprc": "AUPRC", "accuracy": "Accuracy", "mcc": "MCC", "brier": "Brier", "ece": "ECE"}
    rows = []
    for one in sides:
        found = one.measures
        row = {"side": one.side, "n": found["n"], "prevalence": 100 * found["prevalence"]}
        for name in titles:
            row[name] = number(found[name])
            if known(found[f"{name}_low"]):
                row[name] += f" ({found[f'{name}_low']:.3f} to {found[f'{name}_high']:.3f})"
        rows.append(row)
    return Table(
        name="kmers-measures",
        frame=pd.DataFrame(rows),
        columns=(
            Column(field="side", title="Side"),
            Column(field="n", title="Windows", kind="number"),
            Column(field="prevalence", title="Introgressed (%)", kind="number", digits=1),
            *(Column(field=name, title=f"{title} (95 % interval)") for name, title in titles.items()),
        ),
        caption="Measures of each side with 95 % intervals. ECE is the expected calibration error in ten bins.",
    )


def _breakdowns(results: KmerResults) -> list[Block]:
    """Return measures by chromosome, and by similarity to training windows."""
    found = measures_of(results) or {}
    blocks: list[Block] = []
    chromosomes = found.get("chromosomes") or {}
    if len(chromosomes) > 1:
        blocks.append(
            _by("kmers-chromosomes", "Chromosome", chromosomes, "Measures of the test windows of each chromosome.")
        )
    similarity = [row for row in results.evaluation.get("similarity") or [] if row["n"]] if results.evaluation else []
    if similarity:
        rows = {
            "none" if row["up_to"] == 0 else f"{percent(row['above'], 0)} to {percent(row['up_to'], 0)}": row
            for row in similarity
        }
        blocks.append(
            _by(
                "kmers-similarity",
                "31-mers found in training",
                rows,
                "Measures of test windows by the share of their 31-mers that training windows contain. "
                "Skill that similar windows alone show is memory.",
            )
        )
    return blocks


def _by(name: str, title: str, found: Mapping[str, Mapping[str, Any]], caption: str) -> Table:
    rows = [{"group": group, "n": row["n"]} | {key: row.get(key) for key in MEASURES} for group, row in found.items()]
    frame = pd.DataFrame(rows).astype(dict.fromkeys(MEASURES, float))
    labels = {"auroc": "AUROC", "auprc": "AUPRC", "accuracy": "Accuracy", "mcc": "MCC", "brier": "Brier", "ece": "ECE"}
    return Table(
        name=name,
        frame=frame,
        columns=(
            Column(field="group", title=title),
            Column(field="n", title="Test windows", kind="number"),
            *(Column(field=key, title=label, kind="number", digits=3) for key, label in labels.items()),
        ),
        caption=caption,
    )


def _without_predictions(results: KmerResults) -> Section | Absent:
    """Return the reliability curve of the evaluation alone, and how to add the rest."""
    calibration = (results.evaluation or {}).get("calibration") or {}
    rows = pd.DataFrame(calibration.get("reliability") or [])
    if not len(rows):
        return Absent(id=ID, title=TITLE, how=f"{_ADD}.")
    rows = rows.rename(columns={"model": "probabilities"}).drop(columns=["low", "high"])
    return Section(
        id=ID,
        title="Reliability",
        lead="Whether a probability of 0.8 is right in 80 % of cases. Calibration by one temperature is compared with "
        "the raw output of the network, on test windows.",
        blocks=(
            Chart(
                name="kmers-reliability",
                chart=reliability_chart(rows, "probabilities"),
                caption="Observed share of introgressed test windows by predicted probability, in ten bins of equal "
                f"width. {READING}",
            ),
            *_breakdowns(results),
            Notes(items=(f"{_ADD}.",)),
        ),
    )
