"""The headline: the verdict in plain words, what to mistrust, and the comparison with baselines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import numpy as np
import pandas as pd

from archaictools.report.blocks import Absent, Block, Chart, Column, Facts, Notes, Section, Table, Text
from archaictools.report.kmers.motifs import doubts as weak_motifs
from archaictools.report.kmers.numbers import NA, bounds, interval, number, percent
from archaictools.report.kmers.training import overfitting
from archaictools.report.kmers.verdict import BASELINES, Judgement, doubts, judgement
from archaictools.report.wording import listed

if TYPE_CHECKING:
    from archaictools.report.kmers.results import KmerResults

ID = "verdict"

#: Colour of the model among its baselines, and of these.
MODEL, OTHER = "#cc3311", "#888888"

_ORDER = {"model": 0, "rival": 1, "control": 2}


def section(results: KmerResults) -> Section | Absent:
    """Return the verdict, its facts, what to mistrust, and the comparison with baselines."""
    found = judgement(results)
    if found is None:
        return Absent(
            id=ID,
            title="Is there skill?",
            how="Add --metrics (of 'archaictools train') or --evaluation (of 'archaictools evaluate').",
        )
    blocks: list[Block] = [_facts(found), Text(_split(found))]
    disagreement = _disagreement(results)
    blocks.append(
        Notes(
            title="What to mistrust",
            items=(*disagreement, *doubts(results), *overfitting(results), *weak_motifs(results)),
            warning=found.verdict != "skill",
        )
    )
    rows = baselines(results)
    if rows is not None:
        blocks += [_table(rows), *(Text(text) for text in constant(rows)), _chart(rows)]
    return Section(id=ID, title=found.title, lead=found.meaning, blocks=tuple(blocks))


def _facts(found: Judgement) -> Facts:
    test = found.test
    return Facts(
        items=(
            ("Verdict", found.verdict),
            ("AUROC on test windows", number(test["auroc"])),
            ("95 % interval of the AUROC", interval(test, "auroc")),
            ("Test windows", number(test["n"], 0)),
            ("Of these introgressed", percent(test["prevalence"])),
            ("Held-out chromosomes", listed(found.chromosomes, limit=4) if found.chromosomes else NA),
            ("Audit of the split", str(found.audit["verdict"])),
        )
    )


def _split(found: Judgement) -> str:
    audit = found.audit
    return f"How it was tested: {found.split}. Audit of the split: {audit['verdict']}, since {audit['reason']}."


def _disagreement(results: KmerResults) -> tuple[str, ...]:
    """Return a sentence if training and evaluation give different verdicts."""
    alone, beside = results.metrics, results.evaluation
    if alone is None or beside is None or alone["verdict"] == beside["verdict"]:
        return ()
    return (
        f"Training alone gave the verdict '{alone['verdict']}', the comparison with baselines '{beside['verdict']}'. "
        "The comparison counts.",
    )


def baselines(results: KmerResults) -> pd.DataFrame | None:
    """Return the comparison: the model, then rivals, then controls, each by falling AUROC; None without an evaluation.

    Returns
    -------
    pandas.DataFrame
        ``name, kind, n``; ``auroc, auprc, accuracy, mcc, brier, ece, gain``, each also with ``_low``, ``_high`` and
        ``_interval`` (text).
    """
    models = (results.evaluation or {}).get("models")
    if not models:
        return None
    rows = []
    for name, found in models.items():
        row = {"name": BASELINES.get(name, name.replace("_", " ")), "kind": found.get("kind", "control")}
        row["n"] = found["n"]
        for measure in ("auroc", "auprc", "accuracy", "mcc", "brier", "ece", "gain"):
            value = found.get(measure)
            row[measure] = np.nan if value is None else float(value)
            row[f"{measure}_low"], row[f"{measure}_high"] = bounds(found, measure)
            row[f"{measure}_interval"] = interval(found, measure)
        rows.append(row)
    table = pd.DataFrame(rows)
    table["order"] = table["kind"].map(_ORDER).fillna(len(_ORDER))
    table["rank"] = -table["auroc"].fillna(-1)
    return table.sort_values(["order", "rank"], kind="stable").drop(columns=["order", "rank"]).reset_index(drop=True)


def constant(rows: pd.DataFrame) -> tuple[str, ...]:
    """Return why predictors have an AUROC of exactly 0.5 in every draw: they cannot rank windows."""
    names = list(rows.loc[(rows[["auroc", "auroc_low", "auroc_high"]] == 0.5).all(axis=1), "name"])
    if not names:
        return ()
    said = f"{listed(names, limit=12)}: exactly 0.500, because every test window gets the same probability."
    reasons = {
        "nearest_coordinate": "no test window has a training window on its chromosome",
        "nearest_sequence": "no test window shares enough sequence with a training window",
    }
    found = [reason for name, reason in reasons.items() if BASELINES[name] in names]
    return (f"{said} {listed(found).capitalize()}." if found else said,)


def _table(rows: pd.DataFrame) -> Table:
    frame = rows.copy()
    frame["gain_interval"] = frame["gain_interval"].where(frame["gain"].notna(), "")
    n = int(rows["n"].iloc[0])
    return Table(
        name="kmers-baselines",
        frame=frame,
        columns=(
            Column(field="name", title="Predictor"),
            Column(field="kind", title="Kind", help="A control cannot have learnt introgression; a rival can."),
            Column(field="auroc", title="AUROC", kind="number", digits=3, help="Chance is 0.5, perfect ranking 1."),
            Column(field="auroc_interval", title="95 % interval"),
            Column(
                field="gain",
                title="LSTM gains",
                kind="number",
                digits=3,
                help="AUROC of the LSTM minus that of this row.",
            ),
            Column(field="gain_interval", title="95 % interval"),
            Column(field="auprc", title="AUPRC", kind="number", digits=3, help="Chance is the share introgressed."),
            Column(field="accuracy", title="Accuracy", kind="number", digits=3, help="At a probability of one half."),
            Column(field="mcc", title="MCC", kind="number", digits=3, help="Matthews correlation; chance is 0."),
            Column(field="brier", title="Brier score", kind="number", digits=3, help="Lower is better."),
            Column(
                field="ece", title="ECE", kind="number", digits=3, help="Expected calibration error; lower is better."
            ),
        ),
        caption=f"The model and its baselines on the same {n:,} test windows. A control cannot have learnt "
        "introgression, a rival can. Intervals are from 1,000 draws of blocks of the genome.",
    )


def _chart(rows: pd.DataFrame) -> Chart:
    """Draw the AUROC of each row with its interval."""
    frame = rows[["name", "kind", "auroc", "auroc_low", "auroc_high", "auroc_interval"]].copy()
    lowest = float(np.nanmin([0.4, *frame["auroc_low"].dropna(), *frame["auroc"].dropna()]))
    x = alt.Scale(domain=[np.floor(20 * lowest) / 20, 1.0], nice=False)
    y = alt.Y("name:N", sort=list(frame["name"]), title=None, axis=alt.Axis(labelLimit=260))
    colour = alt.condition(alt.datum.kind == "model", alt.value(MODEL), alt.value(OTHER))
    shapes = alt.Scale(domain=["model", "rival", "control"], range=["circle", "square", "triangle-up"])
    tooltip = [
        alt.Tooltip("name:N", title="Predictor"),
        alt.Tooltip("kind:N", title="Kind"),
        alt.Tooltip("auroc:Q", title="AUROC", format=".3f"),
        alt.Tooltip("auroc_interval:N", title="95 % interval"),
    ]
    base = alt.Chart(frame)
    whiskers = base.mark_rule(strokeWidth=2).encode(
        x=alt.X("auroc_low:Q", scale=x, title="AUROC on test windows, with 95 % interval"),
        x2="auroc_high:Q",
        y=y,
        color=colour,
        tooltip=tooltip,
    )
    dots = base.mark_point(filled=True, size=90, opacity=1).encode(
        x=alt.X("auroc:Q", scale=x),
        y=y,
        color=colour,
        shape=alt.Shape("kind:N", scale=shapes, title="Kind"),
        tooltip=tooltip,
    )
    chance = (
        alt.Chart(pd.DataFrame({"chance": [0.5]})).mark_rule(strokeDash=[4, 4]).encode(x=alt.X("chance:Q", scale=x))
    )
    return Chart(
        name="kmers-auroc",
        chart=(chance + whiskers + dots).properties(width="container", height=26 * len(frame) + 20),
        caption="AUROC of the model (circle), its rivals (square) and controls (triangle) with 95 % intervals. "
        "The dashed line is chance.",
    )
