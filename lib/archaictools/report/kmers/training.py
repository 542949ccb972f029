"""Learning curves: loss and AUROC by epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import numpy as np
import pandas as pd

from archaictools.report.blocks import Absent, Chart, Facts, Section
from archaictools.report.kmers.numbers import known, number
from archaictools.report.kmers.verdict import measures_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archaictools.report.kmers.results import KmerResults

ID, TITLE = "training", "Learning curves"

_SERIES = {"loss": "training", "validation_loss": "validation"}


def section(results: KmerResults) -> Section | Absent:
    """Return loss and AUROC by epoch, with the epoch whose weights were kept."""
    history = results.history
    if history is None:
        return Absent(id=ID, title=TITLE, how="Add --history (of 'archaictools train').")
    if not len(history):
        return Section(id=ID, title=TITLE, lead="The history has no epoch: nothing was trained.", blocks=())
    kept = kept_epochs(results)
    folds = history["fold"].nunique()
    epochs = history.groupby("fold")["epoch"].max()
    last = history.merge(pd.Series(kept, name="epoch").rename_axis("fold").reset_index(), on=["fold", "epoch"])
    loss = last["validation_loss"].mean()
    return Section(
        id=ID,
        title=TITLE,
        lead="Training is well behaved if the validation loss falls with the training loss. "
        "If it rises while the training loss falls, the network learns single windows by heart. "
        "The weights of the marked epoch were kept.",
        blocks=(
            Facts(
                items=(
                    ("Networks (folds)", number(int(folds), 0)),
                    ("Epochs trained", _range(epochs)),
                    ("Epoch kept", _range(pd.Series(kept))),
                    ("Validation loss there (nats a window)", number(loss)),
                    *_temperature(results),
                )
            ),
            _losses(history, kept),
            _auroc(history, kept),
        ),
    )


def kept_epochs(results: KmerResults) -> dict[int, int]:
    """Return the epoch whose weights were kept, by fold (from 1).

    It is that of the metrics, and without them the epoch with the lowest validation loss.
    """
    if results.history is None:
        return {}
    found = measures_of(results) or {}
    folds = (results.metrics or {}).get("folds") or []
    single = found.get("training") or {}
    summaries: dict[int, Mapping[str, object]] = {
        number: fold.get("training") or {} for number, fold in enumerate(folds, start=1)
    } or {1: single}
    kept = {}
    for name, rows in results.history.groupby("fold"):
        fold = int(str(name))
        best = summaries.get(fold, {}).get("best_epoch") if fold in summaries else None
        epochs, loss = rows["epoch"].to_numpy(dtype=np.int64), rows["validation_loss"].to_numpy(dtype=np.float64)
        kept[fold] = int(str(best)) if known(best) and best in epochs else int(epochs[loss.argmin()])
    return kept


def _temperature(results: KmerResults) -> tuple[tuple[str, str], ...]:
    """Return the temperature of the single network; with folds each has its own, and none is shown."""
    found = (measures_of(results) or {}).get("training") or {}
    if "temperature" not in found or (results.history is not None and results.history["fold"].max() > 1):
        return ()
    return (("Temperature of calibration", number(found["temperature"], 2)),)


def _range(values: pd.Series[int]) -> str:
    low, high = int(values.min()), int(values.max())
    return str(low) if low == high else f"{low} to {high}"


def _epoch_axis(history: pd.DataFrame) -> alt.X:
    last = int(history["epoch"].max())
    axis = alt.Axis(tickMinStep=1, format="d")
    return alt.X("epoch:Q", title="Epoch", axis=axis, scale=alt.Scale(domain=[1, max(2, last)], nice=False))


def _losses(history: pd.DataFrame, kept: Mapping[int, int]) -> Chart:
    rows = history.rename(columns=_SERIES)[["fold", "epoch", *_SERIES.values()]]
    rows = rows.melt(["fold", "epoch"], var_name="side", value_name="loss").dropna()
    rows["kept"] = (rows["epoch"] == rows["fold"].map(kept)) & (rows["side"] == "validation")
    names = list(_SERIES.values())
    dash = alt.Scale(domain=names, range=[[5, 4], [1, 0]])
    colour = alt.Color("side:N", title="Side", scale=alt.Scale(domain=names))
    base = alt.Chart(rows).encode(
        x=_epoch_axis(history),
        y=alt.Y("loss:Q", title="Log loss (nats a window)", scale=alt.Scale(zero=True)),
        detail="fold:N",
        tooltip=[
            alt.Tooltip("fold:Q", title="Fold"),
            alt.Tooltip("epoch:Q", title="Epoch"),
            alt.Tooltip("side:N", title="Side"),
            alt.Tooltip("loss:Q", title="Log loss", format=".4f"),
        ],
    )
    lines = base.mark_line(strokeWidth=2).encode(
        strokeDash=alt.StrokeDash("side:N", scale=dash, title="Side"), color=colour
    )
    dots = base.mark_point(filled=True, size=25, opacity=1).encode(color=colour)
    return Chart(
        name="kmers-loss",
        chart=(lines + dots + _marked(base)).properties(width="container", height=260),
        caption="Log loss on the training side (dashed) and on the validation side (solid) by epoch"
        f"{_a_fold(history)}. The diamond marks the epoch whose weights were kept.",
    )


def _auroc(history: pd.DataFrame, kept: Mapping[int, int]) -> Chart:
    rows = history[["fold", "epoch", "validation_auroc"]].dropna()
    rows = rows.assign(kept=rows["epoch"] == rows["fold"].map(kept), side="validation")
    lowest = min(0.45, float(rows["validation_auroc"].min())) if len(rows) else 0.45
    scale = alt.Scale(domain=[lowest, 1.0], zero=False, nice=False)
    base = alt.Chart(rows).encode(
        x=_epoch_axis(history),
        y=alt.Y("validation_auroc:Q", title="Validation AUROC", scale=scale),
        detail="fold:N",
        tooltip=[
            alt.Tooltip("fold:Q", title="Fold"),
            alt.Tooltip("epoch:Q", title="Epoch"),
            alt.Tooltip("validation_auroc:Q", title="Validation AUROC", format=".4f"),
        ],
    )
    chance = (
        alt.Chart(pd.DataFrame({"chance": [0.5]}))
        .mark_rule(strokeDash=[4, 4])
        .encode(y=alt.Y("chance:Q", title="Validation AUROC", scale=scale))
    )
    lines = base.mark_line(point=alt.OverlayMarkDef(size=25))
    return Chart(
        name="kmers-auroc-by-epoch",
        chart=(chance + lines + _marked(base)).properties(width="container", height=220),
        caption=f"AUROC on the validation side by epoch{_a_fold(history)}; 0.5 (dashed) is chance. "
        "The diamond marks the epoch whose weights were kept.",
    )


def _marked(base: alt.Chart) -> alt.Chart:
    diamonds: alt.Chart = base.transform_filter(alt.datum.kept).mark_point(
        shape="diamond", size=160, filled=False, strokeWidth=2
    )
    return diamonds


def _a_fold(history: pd.DataFrame) -> str:
    return ", one line a fold" if history["fold"].max() > 1 else ""
