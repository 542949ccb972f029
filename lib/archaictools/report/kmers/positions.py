"""The importance of positions along the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import pandas as pd

from archaictools.report.blocks import Absent, Block, Chart, Facts, Notes, Section
from archaictools.report.kmers.numbers import number

if TYPE_CHECKING:
    from archaictools.report.kmers.results import KmerResults

ID, TITLE = "positions", "Importance along the window"

#: Largest q of a significant position.
FDR = 0.05

#: Colour of significant positions.
MARKED = "#cc3311"


def section(results: KmerResults) -> Section | Absent:
    """Return the importance of every position beside its importance under permuted labels."""
    if results.positions is None:
        return Absent(id=ID, title=TITLE, how="Add --positions (of 'archaictools importance').")
    table = along(results.positions)
    if not len(table):
        return Section(id=ID, title=TITLE, lead="The table of positions has no position.", blocks=())
    marked = table[table["significant"]]
    best = table.iloc[int(table["importance"].to_numpy().argmax())]
    unit = "bp" if "start" in results.positions else "k-mers"
    lead = (
        f"{len(marked):,} of {len(table):,} positions matter (q at most {FDR:g}), between {int(marked['x'].min())} and "
        f"{int(marked['x'].max())} {unit} from the start of the window. "
        if len(marked)
        else f"No position matters: none of {len(table):,} has a q of {FDR:g} or less. "
    )
    blocks: list[Block] = [
        Facts(
            items=(
                ("Positions", number(len(table), 0)),
                (f"With q at most {FDR:g}", number(len(marked), 0)),
                ("Most important position", f"{int(best['x'])} {unit}"),
                ("Its importance", f"{best['importance']:.4g}"),
            )
        ),
        _chart(table, unit),
        Notes(title="How to read it", items=_notes(table)),
    ]
    return Section(
        id=ID,
        title=TITLE,
        lead=f"{lead}A position matters if the model loses skill when its bases are exchanged with those of another "
        "window.",
        blocks=tuple(blocks),
    )


def along(table: pd.DataFrame) -> pd.DataFrame:
    """Return the positions with what the chart shows.

    Returns
    -------
    pandas.DataFrame
        Columns of the table, and ``x``: the first exchanged base in bp from the start of the window, or the number of
        the position if the table does not name bases; ``low, high``: one standard deviation below and above the
        importance; ``significant``.
    """
    x = table["start"] if "start" in table else table["position"]
    sd = table["sd"].fillna(0)
    return table.assign(
        x=x.astype(int),
        low=table["importance"] - sd,
        high=table["importance"] + sd,
        significant=table["q"] <= FDR,
    )


def _notes(table: pd.DataFrame) -> tuple[str, ...]:
    repeats = "of one exchange only, so it has no spread" if table["sd"].isna().all() else "over repeated exchanges"
    null = (
        "The grey band holds the central 95 % of the importance under permuted labels: that of a model without skill. "
        "It can lie below 0, because exchanged bases make wrong predictions less certain."
        if "null_low" in table
        else "The band under permuted labels is missing: make the table again with this release of archaictools."
    )
    return (
        "Importance is the loss of skill on held-out windows, by default the log loss gained (nats a window).",
        f"The coloured band is one standard deviation {repeats}.",
        null,
        "p is one-sided against permuted labels; q is corrected for all positions (Benjamini and Hochberg). "
        "Neighbouring windows are not independent, so read q as a ranking.",
    )


def _chart(table: pd.DataFrame, unit: str) -> Chart:
    title = "First exchanged base (bp from the start of the window)" if unit == "bp" else "Position (k-mers from 0)"
    x = alt.X("x:Q", title=title, scale=alt.Scale(domain=[int(table["x"].min()), int(table["x"].max())], nice=False))
    y_title = "Importance (loss of skill)"
    base = alt.Chart(table).encode(x=x)
    layers: list[alt.Chart] = []
    if "null_low" in table:
        layers.append(
            base.mark_area(color="#888888", opacity=0.35).encode(
                y=alt.Y("null_low:Q", title=y_title), y2=alt.Y2("null_high:Q")
            )
        )
    layers += [
        base.mark_area(opacity=0.3).encode(y=alt.Y("low:Q", title=y_title), y2=alt.Y2("high:Q")),
        base.mark_line(strokeWidth=1.5).encode(y=alt.Y("importance:Q", title=y_title)),
        base.transform_filter(alt.datum.significant)
        .mark_point(color=MARKED, filled=True, size=28, opacity=1, shape="diamond")
        .encode(y=alt.Y("importance:Q", title=y_title)),
        # Unseen points of all positions, the last so on top: a pointer near the line finds their values.
        base.mark_point(filled=True, size=160, opacity=0).encode(
            y=alt.Y("importance:Q", title=y_title),
            tooltip=[
                alt.Tooltip("x:Q", title=title),
                alt.Tooltip("importance:Q", title="Importance", format=".4g"),
                alt.Tooltip("sd:Q", title="Standard deviation", format=".2g"),
                alt.Tooltip("p:Q", title="p", format=".2g"),
                alt.Tooltip("q:Q", title="q", format=".2g"),
            ],
        ),
    ]
    zero = alt.Chart(pd.DataFrame({"zero": [0]})).mark_rule(color="#888888").encode(y="zero:Q")
    shown = ", its importance under permuted labels (grey band)" if "null_low" in table else ""
    return Chart(
        name="kmers-positions",
        chart=alt.layer(zero, *layers).properties(width="container", height=280),
        caption=f"Importance of each position (line) with its spread (coloured band){shown}. "
        f"Diamonds mark positions with q at most {FDR:g}.",
    )
