"""First section of people, in words: who was read, how much is archaic, who carries most, how sure, and caveats."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from archaictools.errors import shorten, shortlist
from archaictools.report.blocks import Facts, Notes, Section
from archaictools.report.people.caveats import MOST, caveats
from archaictools.report.people.loci import STRONG, meaning_of_strongest, peaks, source_labels, strongest
from archaictools.report.people.shares import SURE, column_of, shares, totals
from archaictools.report.people.unlike import unlike_fact, unlike_sentence
from archaictools.report.people.wording import chromosomes, count, described, megabases, people
from archaictools.report.provenance import is_pretrained
from archaictools.report.wording import place, with_note

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from archaictools.report.blocks import Block
    from archaictools.report.people.results import PeopleResults
    from archaictools.report.people.shares import Totals

ID, TITLE = "headline", "In short"

#: F1 of the pretrained model in simulated people, with and without an archaic genome: docs/accuracy.md, 'Simulated
#: people' and 'Without an archaic genome'.
MEASURED = {True: "0.91 to 0.98 with an archaic genome", False: "0.73 to 0.91 without an archaic genome"}

#: Baselines of an evaluation as a reader sees them.
_HMMS = {"hmm": "an HMM without archaic genome", "hmm_archaic": "an HMM with archaic genome"}


def section(results: PeopleResults) -> Section:
    """Return the section; an empty result is a result, too."""
    table, sums = shares(results), totals(results)
    blocks: list[Block] = [_facts(results, table, sums)]
    blocks += [
        Notes(title=title, items=items)
        for title, items in (
            ("Who was read", tuple(_who(results, sums))),
            ("How much archaic sequence", tuple(_how_much(results, table, sums))),
            ("Who carries most, and from which archaic genome", tuple(_who_most(results, table, sums))),
            ("Where", tuple(_where(results))),
            ("Is there skill", tuple(_skill(results))),
            ("How sure", tuple(_how_sure(sums, results.evaluation))),
        )
        if items
    ]
    found = caveats(results)
    blocks.append(
        Notes(title="What to mistrust", items=found[:MOST], warning=True)
        if found
        else Notes(title="What to mistrust", items=("None of the usual causes of mistrust was found.",))
    )
    if found[MOST:]:
        blocks.append(Notes(title="Further reasons to mistrust", items=found[MOST:]))
    lead = with_note(_lead(results, table, sums), unlike_sentence(results))
    return Section(id=ID, title=TITLE, lead=lead, blocks=tuple(blocks))


def _lead(results: PeopleResults, table: pd.DataFrame, sums: Totals) -> str:
    who = people(len(table))
    if not len(results.segments):
        return f"No archaic segment was called in {who}. {megabases(sums.callable)} of callable sequence were searched."
    percent = table["percent"].dropna()
    if not len(percent):
        found = count(len(results.segments), "archaic segment")
        return f"{found} ({megabases(sums.called)}) were called in {who}.{_mainly(results, sums)}"
    lowest, highest = percent.min(), percent.max()
    spread = f", from {lowest:.2f} to {highest:.2f} %" if len(percent) > 1 else ""
    first = table.loc[percent.index, "sample"][percent == highest].iloc[0]
    most = f" {shorten(first)} carries most." if lowest < highest else ""
    return f"{percent.mean():.2f} % of the callable sequence of {who} is archaic{spread}.{most}{_mainly(results, sums)}"


def _mainly(results: PeopleResults, sums: Totals) -> str:
    if not results.archaic:
        return ""
    named = {source.name: source for source in results.sources}
    first = named[str(sums.by_source.index[0])]
    share = 100 * sums.by_source.iloc[0] / max(1, sums.called)
    origin = f"from {described(first)}" if first.lineage else first.label
    return f" {share:.0f} % of the called bases are {origin}."


def _facts(results: PeopleResults, table: pd.DataFrame, sums: Totals) -> Facts:
    percent = table["percent"].dropna()
    items = [("People", f"{len(table):,}")]
    if len(percent):
        items.append(("Archaic share, mean", f"{percent.mean():.2f} %"))
    if unlike := unlike_fact(results):
        items.append(("Posteriors not reliable", unlike))
    if len(percent) and percent.min() < percent.max():
        first = table.loc[percent.index, "sample"][percent == percent.max()].iloc[0]
        items.append(("Carries most", f"{shorten(first)}, {percent.max():.2f} %"))
    if results.archaic and sums.called:
        label = source_labels(results)[str(sums.by_source.index[0])]
        items.append(("Main source", f"{label}, {100 * sums.by_source.iloc[0] / sums.called:.0f} %"))
    items += [
        ("Segments", f"{len(results.segments):,}"),
        ("Archaic sequence, all haplotypes", megabases(sums.called)),
    ]
    if sums.called:
        items.append((f"Called bases with posterior {SURE:g} or more", f"{100 * sums.sure:.0f} %"))
    return Facts(items=(*items, ("Skill in these people", _skill_fact(results.evaluation))))


def _skill_fact(evaluation: Mapping[str, Any] | None) -> str:
    if evaluation is None:
        return "not measured"
    answer = {"skill": "yes", "no skill": "no"}.get(str(evaluation["verdict"]), "not known")
    return f"{answer}, F1 {_decimal(evaluation['models']['model'], 'f1_bp')}"


def _who(results: PeopleResults, sums: Totals) -> Iterator[str]:
    genome = f" of {results.build}" if results.build != "genome" else ""
    names = list(dict.fromkeys(sample for sample, _ in results.haplotypes))
    where = f"{chromosomes(list(results.lengths))}{genome}"
    yield f"{people(len(names))} ({shortlist(names)}), {count(len(results.haplotypes), 'haplotype')}, on {where}."
    yield f"{megabases(sums.callable)} are callable in all, the haplotypes added up. Only these were searched."
    if results.encoded is None:
        yield "With whom they were compared is not known here; haplotypes.h5 tells (--words)."
    else:
        yield f"They were compared with an outgroup of {people(results.encoded.outgroup)}."
    if results.archaic:
        genomes = [described(source) for source in results.archaic]
        yield f"Archaic genome{'s' if len(genomes) > 1 else ''}: {', '.join(genomes)}."
    else:
        yield "No archaic genome was given."


def _how_much(results: PeopleResults, table: pd.DataFrame, sums: Totals) -> Iterator[str]:
    if not len(results.segments):
        yield "Nothing was called. That can be right: people without archaic ancestors, or too little sequence."
        if unlike := unlike_sentence(results):
            yield f"{unlike} Little archaic sequence does not mean none."
        return
    percent = table["percent"].dropna()
    if len(percent) > 1:
        yield (
            f"Mean of {people(len(percent))}: {percent.mean():.2f} % of the callable bases of a person, from "
            f"{percent.min():.2f} to {percent.max():.2f} %."
        )
    elif len(percent):
        yield f"{percent.iloc[0]:.2f} % of the callable bases of the person."
    if len(percent) < len(table):
        yield f"The share is NA (not known) for {people(len(table) - len(percent))}."
    yield f"{megabases(sums.called)} in {count(len(results.segments), 'segment')}, all haplotypes added up."
    if results.archaic:
        labels = source_labels(results)
        parts = [
            f"{labels[source.name]} {megabases(bases)} ({100 * bases / max(1, sums.called):.1f} %)"
            for source in results.sources
            if (bases := int(sums.by_source.get(source.name, 0)))
        ]
        yield f"Of the called bases: {', '.join(parts)}."


def _who_most(results: PeopleResults, table: pd.DataFrame, sums: Totals) -> Iterator[str]:
    rows = table[table["percent"].notna()].sort_values("percent", ascending=False, kind="stable")
    if not sums.called:
        return
    if len(rows) > 1:
        top = rows[rows["percent"] == rows["percent"].iloc[0]]
        if len(top) < len(rows):
            names = shortlist(top["sample"])
            verb = "carries" if len(top) == 1 else "carry"
            yield (
                f"{names} {verb} most: {top['percent'].iloc[0]:.2f} % of the callable bases. "
                f"{shorten(rows['sample'].iloc[-1])} carries least: {rows['percent'].iloc[-1]:.2f} %."
            )
        else:
            yield f"All people carry the same share: {top['percent'].iloc[0]:.2f} % of the callable bases."
    if not results.archaic:
        yield "The source is not known, since no archaic genome was given."
        return
    yield f"In all people together,{_mainly(results, sums)}"
    if len(rows) > 1:
        own = {name: float(rows[column_of(name)].iloc[0]) for name in source_labels(results)}
        parts = [f"{source_labels(results)[name]} {value:.2f} %" for name, value in own.items() if value > 0]
        yield f"{shorten(rows['sample'].iloc[0])}, of the callable bases: {', '.join(parts)}."


def _where(results: PeopleResults) -> Iterator[str]:
    if not len(results.segments):
        return
    row = strongest(results, 1).iloc[0]
    label = source_labels(results).get(row["source"], row["source"])
    yield (
        f"Strongest segment ({meaning_of_strongest(results)}): {place(row['chrom'], row['start'], row['end'])}, "
        f"{row['length'] / 1e3:,.0f} kb, posterior {row['posterior']:.3f}, source {label}, in {shorten(row['sample'])} "
        f"haplotype {row['haplotype']}."
    )
    yield from _genes(results, row, "in the strongest segment")
    high = peaks(results)
    if not len(high):
        yield "No base is archaic in more than one haplotype."
        return
    peak = high.iloc[0]
    read = round(peak["carriers"] / peak["share"])
    yield (
        f"Most frequent place: {place(peak['chrom'], peak['start'], peak['end'])}. At its highest, "
        f"{peak['carriers']:,} of {read:,} haplotypes ({100 * peak['share']:.0f} %) have a segment. "
        f"Mean posterior of carriers: {peak['posterior']:.3f}."
    )
    if peak["posterior"] < STRONG:
        yield f"That posterior is below {STRONG:g}, so the most frequent place is doubtful."
    yield from _genes(results, peak, "at the most frequent place")


def _genes(results: PeopleResults, row: pd.Series, where: str) -> Iterator[str]:
    if results.genes is not None:
        yield f"Genes {where}: {row['genes'] or 'none'}."


def _skill(results: PeopleResults) -> Iterator[str]:
    if results.evaluation is not None:
        yield from _evaluated(results.evaluation)
        return
    if results.has_truth:
        yield (
            "Not known: accuracy was not measured on these people, although their true tracts are known. "
            "'archaictools evaluate --metrics' measures it, and 'report --evaluation' shows it."
        )
    else:
        yield "Not known: accuracy was not measured on these people, whose true segments are not known."
    if results.record is not None and not is_pretrained(results.record):
        yield "These calls are of a model other than the pretrained one. 'archaictools evaluate' measures it."
        return
    yield (
        f"The pretrained model was measured in 12 simulations that it had not seen: F1 was "
        f"{MEASURED[bool(results.archaic)]}."
    )
    if results.record is None:
        yield "Which model made these calls is not recorded; predict --record tells."


def _evaluated(evaluation: Mapping[str, Any]) -> Iterator[str]:
    verdict = str(evaluation["verdict"])
    meaning = {
        "skill": "Yes: the model tells archaic bins from others in these people, above all controls.",
        "no skill": "No: the model does not tell archaic bins from others better than chance or the controls.",
        "leaky": "Not known: the model was trained on the same data, so its accuracy here is not evidence.",
    }
    yield f"{meaning.get(verdict, 'See the verdict.')} Verdict: {verdict}."
    models = evaluation["models"]
    model = models["model"]
    yield (
        f"Of the called bases {_percent(model, 'precision_bp')} are truly archaic (precision). Of the archaic bases "
        f"{_percent(model, 'recall_bp')} are called (recall). F1 is {_decimal(model, 'f1_bp')}."
    )
    rivals = [f"{name} has {_decimal(models[key], 'f1_bp')}" for key, name in _HMMS.items() if key in models]
    if rivals:
        yield f"F1 of HMMs on the same people: {', '.join(rivals)}."


def _how_sure(sums: Totals, evaluation: Mapping[str, Any] | None) -> Iterator[str]:
    if not sums.called:
        return
    yield f"{100 * sums.sure:.0f} % of the called bases are in segments with a posterior of {SURE:g} or more."
    yield (
        f"The mean posterior of the called bases is {sums.posterior:.3f}. So the model itself expects "
        f"{100 * (1 - sums.posterior):.1f} % of them to be false. This is its own belief, not a measurement."
    )
    wrong = None if evaluation is None else _number(evaluation["models"]["model"], "precision_bp")
    if wrong is not None:
        yield f"Measured against the true tracts, {100 * (1 - wrong):.1f} % of the called bases are false."


def _number(row: Mapping[str, Any], key: str) -> float | None:
    value = row.get(key)
    return float(value) if value is not None and math.isfinite(value) else None


def _percent(row: Mapping[str, Any], key: str) -> str:
    value = _number(row, key)
    return "NA" if value is None else f"{100 * value:.1f} %"


def _decimal(row: Mapping[str, Any], key: str) -> str:
    value = _number(row, key)
    return "NA" if value is None else f"{value:.3f}"
