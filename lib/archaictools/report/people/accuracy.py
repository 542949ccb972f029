"""Section on accuracy: the model beside HMMs and controls, on haplotypes whose true tracts are known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt
import pandas as pd

from archaictools.report.blocks import Absent, Chart, Column, Facts, Notes, Section, Table, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from archaictools.report.blocks import Block
    from archaictools.report.people.results import PeopleResults

ID, TITLE = "accuracy", "Accuracy against true tracts"

_NO_TRUTH = (
    "Accuracy was not measured on these people: their true tracts are not known. "
    "evaluate measures it on a file made with --truth."
)
_MEASURE = (
    "Accuracy was not measured on these people, although their true tracts are known. "
    "To add it: evaluate MODEL WORDS --metrics evaluation.json, then report --evaluation evaluation.json."
)

#: Names of the rows of an evaluation as a reader sees them.
NAMES = {
    "model": "Model",
    "hmm": "HMM without archaic genome",
    "hmm_archaic": "HMM with archaic genome",
    "majority": "Same probability everywhere",
    "private_alleles": "Alleles absent from the outgroup",
}
#: Kinds of these rows as a reader sees them.
KINDS = {"model": "model", "rival": "HMM", "control": "control"}

#: Measures by threshold: key in the evaluation, name, what it is.
MEASURES = (
    ("precision_bp", "Precision", "share of the called bases that are archaic"),
    ("recall_bp", "Recall", "share of the archaic bases that are called"),
    ("f1_bp", "F1", "harmonic mean of precision and recall"),
)

_COLUMNS = (
    Column(field="name", title="Method"),
    Column(field="kind", title="Kind", help="A control cannot have learnt what archaic DNA looks like."),
    Column(
        field="precision",
        title="Precision (%)",
        kind="number",
        digits=1,
        help="Archaic share of called bases.",
    ),
    Column(field="recall", title="Recall (%)", kind="number", digits=1, help="Called share of archaic bases."),
    Column(field="f1", title="F1", kind="number", digits=3, help="Harmonic mean of precision and recall, 0 to 1."),
    Column(
        field="auprc",
        title="AUPRC",
        kind="number",
        digits=3,
        help="Area under the precision-recall curve of bins, over all thresholds; chance is the archaic share.",
    ),
    Column(field="interval", title="95 % interval", help="Of AUPRC, from blocks of the genome drawn at random."),
    Column(
        field="half_true",
        title="Correct calls (%)",
        kind="number",
        digits=1,
        help="Calls (runs of called bins) of which at least half of the bases are truly archaic, of all calls.",
    ),
)


def section(results: PeopleResults) -> Section | Absent:
    """Return the section; without an evaluation, how to get one.

    All numbers are those of ``evaluate --metrics``, see :mod:`archaictools.haplotypes.evaluate`. A bin is called if
    its posterior is at or above the threshold; bins are not joined to segments, and short runs are kept.
    """
    found = results.evaluation
    if found is None:
        return Absent(id=ID, title=TITLE, how=_MEASURE if results.has_truth else _NO_TRUTH)
    models: Mapping[str, Mapping[str, Any]] = found["models"]
    model = models["model"]
    bin_text = f" of {results.encoded.bin / 1_000:g} kb" if results.encoded else ""
    blocks: list[Block] = [
        Facts(
            items=(
                ("Verdict", str(found["verdict"])),
                ("Precision of bases", _percent(model["precision_bp"])),
                ("Recall of bases", _percent(model["recall_bp"])),
                ("F1 of bases", _decimal(model["f1_bp"])),
                ("AUPRC of bins", _decimal(model["auprc"])),
            )
        ),
        Text(f"Reason for the verdict: {found['reason']}."),
        Table(
            name="accuracy-methods",
            frame=methods(models),
            columns=_COLUMNS,
            caption=f"The model and its baselines on the same {model['n']:,} bins{bin_text} of haplotypes; "
            f"{_percent(model['prevalence'])} of these bins are archaic. "
            f"A bin is called from a posterior of {float(found.get('threshold', 0.5)):g}.",
        ),
        _recall_chart(recall_by_length(models)),
        *_threshold_blocks(by_threshold(models)),
        _reliability_chart(reliability(found)),
        Notes(title="How to read these measures", items=tuple(_notes(models))),
    ]
    return Section(id=ID, title=TITLE, lead=_lead(models), blocks=tuple(blocks))


def methods(models: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Return one row for the model and each baseline: measures of bases in %, F1, AUPRC.

    An undefined measure is NaN. Columns are ``name, kind, precision, recall, f1, half_true, auprc, interval``.
    """
    rows = [
        {
            "name": NAMES.get(name, name),
            "kind": KINDS.get(row["kind"], row["kind"]),
            "precision": 100 * _number(row["precision_bp"]),
            "recall": 100 * _number(row["recall_bp"]),
            "f1": _number(row["f1_bp"]),
            "half_true": 100 * _number(row["half_true"]),
            "auprc": _number(row["auprc"]),
            "interval": _interval(row["auprc_ci"]),
        }
        for name, row in models.items()
    ]
    return pd.DataFrame(rows)


def recall_by_length(models: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Return recall by length of the true tract: ``method, length, order, bases, recall``, without empty classes."""
    rows = [
        {
            "method": NAMES.get(name, name),
            "length": _length_class(row["from"], row["to"]),
            "order": row["from"],
            "bases": row["bases"],
            "recall": _number(row["recall"]),
        }
        for name, found in _not_controls(models)
        for row in found["recall_by_length"]
    ]
    frame = pd.DataFrame(rows, columns=["method", "length", "order", "bases", "recall"])
    return frame[frame["bases"] > 0].reset_index(drop=True)


def by_threshold(models: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Return measures of bases by threshold: ``method, threshold, precision_bp, recall_bp, f1_bp``; undefined: NaN."""
    keys = [key for key, _, _ in MEASURES]
    rows = [
        {"method": NAMES.get(name, name), "threshold": row["threshold"], **{key: _number(row[key]) for key in keys}}
        for name, found in _not_controls(models)
        for row in found.get("by_threshold", ())
    ]
    return pd.DataFrame(rows, columns=["method", "threshold", *keys])


def reliability(found: Mapping[str, Any]) -> pd.DataFrame:
    """Return reliability curves: ``method, mean_probability, introgressed_share, share_low, share_high, n``."""
    columns = ["mean_probability", "introgressed_share", "share_low", "share_high", "n"]
    frame = pd.DataFrame(found["calibration"]["reliability"]).reindex(columns=["model", *columns])
    frame.insert(0, "method", [NAMES.get(str(name), str(name)) for name in frame["model"]])
    return frame.drop(columns="model").astype(dict.fromkeys(columns[:4], float))


def _lead(models: Mapping[str, Mapping[str, Any]]) -> str:
    """Return what the model finds, and what the better HMM finds."""
    model = models["model"]
    lead = (
        f"The true tracts of these people are known. The model finds {_percent(model['recall_bp'])} of the archaic "
        f"bases, and {_percent(model['precision_bp'])} of the bases that it calls are archaic."
    )
    rivals = [(name, row) for name, row in models.items() if row["kind"] == "rival"]
    if rivals:
        name, best = max(rivals, key=lambda pair: pair[1]["f1_bp"] or 0.0)
        which = f"The better HMM ({NAMES.get(name, name)})" if len(rivals) > 1 else f"The {NAMES.get(name, name)}"
        lead += (
            f" {which} finds {_percent(best['recall_bp'])}, and {_percent(best['precision_bp'])} of what it calls "
            "are archaic."
        )
    return lead


def _notes(models: Mapping[str, Mapping[str, Any]]) -> Iterable[str]:
    """Yield what the measures are, and what they do not tell."""
    yield (
        "Measures of bases count bins at or above the threshold. predict also joins bins to segments and drops short "
        "segments, so its table can differ."
    )
    yield "A call is a run of called bins. It is correct if at least half of its bases are truly archaic."
    yield "AUPRC and the reliability curve count bins: a bin is archaic if at least half of its bases are."
    yield "Intervals come from drawing blocks of the genome at random. They do not cover other populations or data."
    if any(row["kind"] == "rival" for row in models.values()):
        yield "The HMMs are fitted to these same haplotypes. The model has not seen these bins in training."
    if any(row["kind"] == "control" for row in models.values()):
        yield "Precision is NA for a method that calls nothing at this threshold. Compare controls by their AUPRC."
    yield "Accuracy on people with another history, outgroup or data quality can be lower."


def _recall_chart(frame: pd.DataFrame) -> Chart:
    """Return recall by length of the true tract, one line for each method."""
    order = list(dict.fromkeys(frame.sort_values("order")["length"]))
    base = alt.Chart(frame.drop(columns="order"), width="container", height=240).encode(
        x=alt.X("length:N", sort=order, title="Length of the true tract (kb)", axis=alt.Axis(labelAngle=0)),
        y=alt.Y("recall:Q", title="Recall (share of their bases called)", scale=alt.Scale(domain=[0, 1])),
        tooltip=[
            alt.Tooltip("method:N", title="Method"),
            alt.Tooltip("length:N", title="Tract length (kb)"),
            alt.Tooltip("recall:Q", title="Recall", format=".3f"),
            alt.Tooltip("bases:Q", title="True bases (bp)", format=","),
        ],
        **_by_method(frame["method"]),
    )
    return Chart(
        name="accuracy-length",
        chart=alt.layer(base.mark_line(), base.mark_point(size=70, filled=True)),
        caption="Share of the bases of true tracts that each method calls, by length of the tract.",
    )


def _threshold_blocks(frame: pd.DataFrame) -> Iterable[Block]:
    """Yield precision, recall and F1 by threshold, a chart each; or why they are missing."""
    if frame.empty:
        yield Text("This evaluation has no measures by threshold. Run evaluate again to add them.")
        return
    for key, name, meaning in MEASURES:
        shown = frame[["method", "threshold", key]].dropna()
        base = alt.Chart(shown, width="container", height=200).encode(
            x=alt.X(
                "threshold:Q",
                title="Minimum posterior of a called bin",
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(tickCount=10),
            ),
            y=alt.Y(f"{key}:Q", title=f"{name} of bases", scale=alt.Scale(domain=[0, 1])),
            tooltip=[
                alt.Tooltip("method:N", title="Method"),
                alt.Tooltip("threshold:Q", title="Minimum posterior", format=".2f"),
                alt.Tooltip(f"{key}:Q", title=name, format=".3f"),
            ],
            **_by_method(frame["method"]),
        )
        yield Chart(
            name=f"accuracy-{name.lower()}",
            chart=alt.layer(base.mark_line(), base.mark_point(size=35, filled=True)),
            caption=f"{name} ({meaning}) by minimum posterior of a called bin.",
        )


def _reliability_chart(frame: pd.DataFrame) -> Chart:
    """Return true share by mean posterior, with intervals where they are known."""
    unit = alt.Scale(domain=[0, 1])
    diagonal = (
        alt.Chart(pd.DataFrame({"p": [0, 1]}))
        .mark_line(strokeDash=[2, 3], color="#888888")
        .encode(x=alt.X("p:Q", scale=unit), y=alt.Y("p:Q", scale=unit))
    )
    x = alt.X("mean_probability:Q", title="Mean posterior of the bins", scale=unit, axis=alt.Axis(tickCount=10))
    base = alt.Chart(frame).encode(x=x, **_by_method(frame["method"]))
    tooltip = [
        alt.Tooltip("method:N", title="Method"),
        alt.Tooltip("mean_probability:Q", title="Mean posterior", format=".3f"),
        alt.Tooltip("introgressed_share:Q", title="Archaic share", format=".3f"),
        alt.Tooltip("share_low:Q", title="Low end of the 95 % interval", format=".3f"),
        alt.Tooltip("share_high:Q", title="High end of the 95 % interval", format=".3f"),
        alt.Tooltip("n:Q", title="Bins", format=","),
    ]
    y = alt.Y("introgressed_share:Q", title="Share of these bins that are archaic", scale=unit)
    layers = [
        diagonal,
        base.mark_line().encode(y=y),
        base.mark_point(size=70, filled=True).encode(y=y, tooltip=tooltip),
    ]
    known = frame.dropna(subset=["share_low", "share_high"])
    if len(known):
        bars = alt.Chart(known).encode(x=x, color=_colour(frame["method"]))
        layers.insert(1, bars.mark_rule(opacity=0.5).encode(y=alt.Y("share_low:Q", scale=unit), y2="share_high:Q"))
    return Chart(
        name="accuracy-reliability",
        chart=alt.layer(*layers).properties(width="container", height=300),
        caption="Posterior against truth, in ten classes of posterior. On the dotted line 0.8 means that 80 % of the "
        "bins are archaic; below it a method is too sure."
        + (" Bars are 95 % intervals." if len(known) else " This evaluation has no intervals."),
    )


def _by_method(method: pd.Series[Any]) -> dict[str, Any]:
    """Return the encodings that tell methods apart: colour, dashes of lines and shape of points."""
    names = list(dict.fromkeys(method))
    return {
        "color": _colour(method),
        "strokeDash": alt.StrokeDash(
            "method:N", title="Method", scale=alt.Scale(domain=names, range=[[1, 0], [6, 3], [2, 2]])
        ),
        "shape": alt.Shape(
            "method:N", title="Method", scale=alt.Scale(domain=names, range=["circle", "square", "triangle-up"])
        ),
    }


def _colour(method: pd.Series[Any]) -> alt.Color:
    """Return the colour of a method; the page has the palette."""
    names = list(dict.fromkeys(method))
    return alt.Color("method:N", title="Method", scale=alt.Scale(domain=names), legend=alt.Legend(orient="top"))


def _not_controls(models: Mapping[str, Mapping[str, Any]]) -> Iterable[tuple[str, Mapping[str, Any]]]:
    """Return the model and the HMMs."""
    return [(name, row) for name, row in models.items() if row["kind"] != "control"]


def _length_class(low: int, high: int) -> str:
    """Return a class of lengths in kb; the last has no upper bound."""
    if high >= 1_000_000_000:
        return f"{low // 1_000} or more"
    return f"{low // 1_000} to {high // 1_000}" if low else f"below {high // 1_000}"


def _number(value: float | None) -> float:
    """Return a number of a JSON document; null is NaN."""
    return float("nan") if value is None else float(value)


def _percent(value: float | None) -> str:
    return "NA" if value is None or pd.isna(value) else f"{100 * value:.1f} %"


def _decimal(value: float | None) -> str:
    return "NA" if value is None or pd.isna(value) else f"{value:.3f}"


def _interval(bounds: Sequence[float | None]) -> str:
    return " to ".join(_decimal(bound) for bound in bounds)
