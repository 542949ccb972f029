"""Section on the lengths of segments, beside what one pulse of introgression would give."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import altair as alt
import numpy as np
import pandas as pd

from archaictools.haplotypes.lineages import Lineage
from archaictools.haplotypes.options import CUT, RECOMBINATION
from archaictools.haplotypes.pulse import BIAS, MIN_PLACES, MIN_SEGMENTS, populations_of, pulse
from archaictools.haplotypes.segment_calls import MAX_DATA_GAP
from archaictools.report.blocks import Chart, Column, Notes, Section, Table, Text
from archaictools.report.people.marks import Marks, whole_numbers
from archaictools.report.wording import place

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archaictools.haplotypes.lineages import Source
    from archaictools.haplotypes.pulse import Pulse
    from archaictools.report.blocks import Block
    from archaictools.report.people.results import PeopleResults

ID, TITLE = "lengths", "Lengths of segments"

#: Shortest length in kb of each class; a class ends where the next begins.
CLASSES = (0, 5, 10, 20, 40, 80, 160, 320, 640, 1_280)
#: Most points of a curve, and fewest segments for which curves are drawn.
MAX_POINTS, MIN_TAIL = 60, 5

_LINES = ("Segments", "One pulse")


@dataclass(frozen=True, kw_only=True)
class Group:
    """Segments that are shown together.

    Attributes
    ----------
    source
        Label, colour and shape as a reader sees them.
    segments
        Their rows.
    pulse
        Time of one pulse; None for too few segments, and for segments without a named source.
    timed
        Whether a time makes sense: the segments have one source.
    """

    source: Source
    segments: pd.DataFrame
    pulse: Pulse | None
    timed: bool

    @property
    def kb(self) -> np.ndarray:
        """Return lengths in kb, ascending."""
        return np.sort((self.segments["end"] - self.segments["start"]).to_numpy(dtype=np.float64)) / 1_000


def section(results: PeopleResults) -> Section:
    """Return the section; without segments, it says so."""
    lead = (
        "Recombination cuts archaic DNA into shorter pieces in each generation. So long segments hint at recent "
        "introgression, and short ones at old introgression."
    )
    shown = groups(results)
    if not shown:
        return Section(id=ID, title=TITLE, lead=lead, blocks=(Text("No segment was called, so there are no lengths."),))
    blocks: list[Block] = [Text(_typical(results)), _classes_chart(shown)]
    if len(results.segments) >= MIN_TAIL:
        blocks.append(_tail_chart(shown))
    blocks += [_table(shown), *_notes(results, shown)]
    return Section(id=ID, title=TITLE, lead=lead, blocks=tuple(blocks))


def groups(results: PeopleResults) -> tuple[Group, ...]:
    """Return segments by source, without empty groups; archaic genomes of one lineage share a group.

    Without archaic genomes all segments are one group, and the pulse is that of all archaic DNA.
    """
    segments = results.segments
    if segments.empty:
        return ()
    share = archaic_share(results)
    cut = max(CUT, int((segments["end"] - segments["start"]).min()))
    related = populations_of(segments, results.haplotypes, results.populations).values()
    if not results.archaic:
        source = replace(results.sources[-1], label="all segments")
        found = pulse(segments, share, populations=related, cut=cut)
        return (Group(source=source, segments=segments, pulse=found, timed=True),)
    alike = [[source for source in results.archaic if source.lineage is lineage] for lineage in Lineage]
    shown = []
    for members in (*alike, *([source] for source in results.sources if source.lineage is None)):
        rows = segments[segments["source"].isin([source.name for source in members])]
        if rows.empty:
            continue
        source = members[0]
        if len(members) > 1:
            names = ", ".join(member.label for member in members)
            source = replace(source, label=f"{source.lineage} ({names})")
        timed = source.lineage is not None
        found = pulse(rows, share, populations=related, cut=cut) if timed else None
        shown.append(Group(source=source, segments=rows, pulse=found, timed=timed))
    return tuple(shown)


def archaic_share(results: PeopleResults) -> float:
    """Return the archaic share of all haplotypes with data, from 0 to 1; 0 if it is not known."""
    known = results.people.dropna(subset=["introgressed", "callable"])
    bases = float(known["callable"].sum())
    return float(known["introgressed"].sum()) / bases if bases else 0.0


def counts_by_class(shown: Sequence[Group]) -> pd.DataFrame:
    """Return numbers of segments by class of length: ``label, length, low`` (kb), ``bottom, top, segments``.

    ``bottom`` and ``top`` are the ends of a stacked bar. Classes between filled ones have a row with 0.
    """
    edges = [*CLASSES, np.inf]
    counts = np.array([np.histogram(group.kb, bins=edges)[0] for group in shown])
    filled = np.flatnonzero(counts.sum(axis=0))
    rows = []
    for number in range(filled[0], filled[-1] + 1):
        low, bottom = CLASSES[number], 0
        last = number == len(CLASSES) - 1
        name = f"{low:,} or more" if last else f"{low:,} to {CLASSES[number + 1]:,}" if low else f"below {CLASSES[1]}"
        for group, count in zip(shown, counts[:, number].tolist(), strict=True):
            rows.append((group.source.label, name, low, bottom, bottom + count, count))
            bottom += count
    return pd.DataFrame(rows, columns=["label", "length", "low", "bottom", "top", "segments"])


def tail(shown: Sequence[Group]) -> pd.DataFrame:
    """Return numbers of segments of at least each length: ``label, line, kb, segments``.

    ``line`` is ``Segments`` or ``One pulse``. The pulse's is drawn from the shortest segment of the group to the length
    that it would give once.
    """
    parts = []
    for group in shown:
        kb = np.unique(group.kb)
        if len(kb) > MAX_POINTS:  # evenly on the axis, and always the longest
            grid = np.linspace(kb[0], kb[-1], MAX_POINTS)
            kb = np.unique(kb[np.minimum(np.searchsorted(kb, grid), len(kb) - 1)])
        longer = len(group.kb) - np.searchsorted(group.kb, kb)
        parts.append(pd.DataFrame({"label": group.source.label, "line": _LINES[0], "kb": kb, "segments": longer}))
        if group.pulse:
            once = group.pulse.cut + np.log(group.pulse.segments) / group.pulse.rate
            ends = np.array([group.kb[0] * 1_000, once])
            parts.append(
                pd.DataFrame(
                    {
                        "label": group.source.label,
                        "line": _LINES[1],
                        "kb": ends / 1_000,
                        "segments": group.pulse.longer(ends).round(3),
                    }
                )
            )
    return pd.concat(parts, ignore_index=True)


def _typical(results: PeopleResults) -> str:
    """Return the median, and which segment is the longest."""
    segments = results.segments
    length = (segments["end"] - segments["start"]).reset_index(drop=True)
    longest = segments.iloc[int(length.to_numpy().argmax())]
    if len(segments) == 1:
        return f"One segment was called. It has {length[0] / 1_000:,.1f} kb."
    return (
        f"{len(segments):,} segments were called. Their median length is {length.median() / 1_000:,.1f} kb. "
        f"The longest has {length.max() / 1_000:,.1f} kb ({place(longest['chrom'], longest['start'], longest['end'])}, "
        f"{longest['sample']}, haplotype {longest['haplotype']})."
    )


def _classes_chart(shown: Sequence[Group]) -> Chart:
    """Return numbers of segments by class of length, stacked by source."""
    frame, marks = counts_by_class(shown), _marks(shown)
    order = list(dict.fromkeys(frame["length"]))
    chart = (
        alt.Chart(frame[frame["segments"] > 0].drop(columns="low"), width="container", height=240)
        .mark_bar(strokeWidth=1.2)
        .encode(
            x=alt.X("length:N", sort=order, scale=alt.Scale(domain=order), title="Length of the segment (kb)",
                    axis=alt.Axis(labelAngle=0)),
            y=alt.Y("bottom:Q", title="Number of segments", axis=whole_numbers(frame["top"].max())),
            y2="top:Q",
            color=marks.colour,
            stroke=marks.stroke,
            fillOpacity=marks.fill,
            tooltip=[
                alt.Tooltip("label:N", title="Source"),
                alt.Tooltip("length:N", title="Length (kb)"),
                alt.Tooltip("segments:Q", title="Segments", format=","),
            ],
        )
    )  # fmt: skip
    return Chart(
        name="lengths-classes",
        chart=chart,
        caption="Number of segments by length; each class is twice as long as the one before. Hollow bars: segments "
        "without a named source."
        if any(not group.timed for group in shown)
        else "Number of segments by length; each class is twice as long as the one before.",
    )


def _tail_chart(shown: Sequence[Group]) -> Chart:
    """Return the number of segments of at least each length, beside that of one pulse."""
    frame, marks = tail(shown), _marks(shown)
    base = alt.Chart(frame).encode(
        x=alt.X("kb:Q", title="Length (kb)", scale=alt.Scale(zero=True)),
        y=alt.Y(
            "segments:Q",
            title="Segments at least this long (log scale)",
            scale=alt.Scale(type="log", domain=[0.8, max(10.0, 1.2 * frame["segments"].max())], nice=False),
            axis=alt.Axis(values=[each * 10**power for power in range(7) for each in (1, 2, 5)], format=",d"),
        ),
        color=marks.colour,
        tooltip=[
            alt.Tooltip("label:N", title="Source"),
            alt.Tooltip("line:N", title="Line"),
            alt.Tooltip("kb:Q", title="Length (kb)", format=",.0f"),
            alt.Tooltip("segments:Q", title="Segments at least this long", format=",.0f"),
        ],
    )
    dashes = alt.StrokeDash(
        "line:N",
        title="Line",
        scale=alt.Scale(domain=list(_LINES), range=[[1, 0], [6, 4]]),
        legend=alt.Legend(orient="top") if any(group.pulse for group in shown) else None,
    )
    observed = base.transform_filter(alt.datum.line == _LINES[0])
    cut = max((group.pulse.cut for group in shown if group.pulse), default=CUT) / 1_000
    fitted = (
        f" Dashed: what one pulse of introgression would give, fitted to segments of at least {cut:g} kb."
        if any(group.pulse for group in shown)
        else ""
    )
    return Chart(
        name="lengths-tail",
        chart=alt.layer(
            base.mark_line(clip=True).encode(strokeDash=dashes),
            observed.mark_point(filled=True, size=35).encode(shape=marks.symbol),
        ).properties(width="container", height=300),
        caption="Number of segments that are at least so long, by source, on a logarithmic scale." + fitted,
    )


def _table(shown: Sequence[Group]) -> Table:
    """Return median and longest segment of each source, and the time of one pulse."""
    cut = max((group.pulse.cut for group in shown if group.pulse), default=CUT)
    rows = [
        {
            "label": group.source.label,
            "segments": len(group.kb),
            "median": round(float(np.median(group.kb)), 1),
            "longest": round(float(group.kb[-1]), 1),
            "above": int((group.kb * 1_000 >= cut).sum()),
            "time": _time(group),
        }
        for group in shown
    ]
    return Table(
        name="lengths-sources",
        frame=pd.DataFrame(rows),
        columns=(
            Column(field="label", title="Source"),
            Column(
                field="time",
                title="One pulse (generations ago)",
                help="Rough guide, with a 95 % interval that covers chance only. See the notes below.",
            ),
            Column(field="segments", title="Segments", kind="number"),
            Column(field="median", title="Median (kb)", kind="number", digits=1),
            Column(field="longest", title="Longest (kb)", kind="number", digits=1),
            Column(
                field="above",
                title=f"≥ {cut / 1_000:g} kb",
                kind="number",
                help="Segments of at least this length: those that the time rests on.",
            ),
        ),
        caption="Lengths by source, and how many generations ago one pulse of introgression would give them. "
        "The time is a rough guide, not a date.",
    )


def _time(group: Group) -> str:
    """Return the time with two digits that count, or why there is none."""
    if not group.timed:
        return "NA: no named source"
    if group.pulse is None:
        return "NA: too few"
    return rounded_time(group.pulse)


def rounded_time(time: Pulse) -> str:
    """Return a time and its interval with two digits that count."""
    return f"{_rounded(time.generations)} ({_rounded(time.low)} to {_rounded(time.high)})"


def _rounded(value: float) -> str:
    """Return a number with two digits that count.

    Examples
    --------
    >>> _rounded(1_483.2), _rounded(87.3), _rounded(float("nan"))
    ('1,500', '87', 'NA')
    """
    if not np.isfinite(value) or value <= 0:
        return "NA"
    return f"{round(value, 1 - int(np.floor(np.log10(value)))):,.0f}"


def _notes(results: PeopleResults, shown: Sequence[Group]) -> Iterable[Block]:
    """Yield what to mistrust, and how the time is estimated."""
    if results.encoded is not None and results.encoded.unphased:
        yield Notes(
            warning=True,
            items=("Some genotypes had no phase. Wrong phase cuts segments, so their lengths are too short.",),
        )
    cut = max((group.pulse.cut for group in shown if group.pulse), default=CUT)
    items = [
        f"The time assumes one pulse and a recombination rate of {1e8 * RECOMBINATION:g} cM per Mb everywhere. "
        f"The archaic share is taken as {100 * archaic_share(results):.2g} %.",
        f"It uses segments of at least {cut / 1_000:g} kb, since shorter ones are missed more often. It is NA for "
        f"fewer than {MIN_SEGMENTS} of them, or fewer than {MIN_PLACES} places.",
        *BIAS,
        f"Wrong phase and gaps of more than {MAX_DATA_GAP // 1_000} kb without data cut segments, which makes the time "
        "too old. Neighbours that are joined make it too recent.",
        "The interval comes from drawing places of the genome at random. It does not cover these errors.",
    ]
    yield Notes(title="What the time means", items=tuple(items))


def _marks(shown: Sequence[Group]) -> Marks:
    return Marks([group.source for group in shown], field="label")
