"""Made-up results of people, of any size, for tests of the report, the hub and their speed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from archaictools.haplotypes.lineages import sources_of
from archaictools.intervals import overlapping_pairs
from archaictools.report.people.results import Encoded, PeopleResults

#: Lengths of the autosomes of hg19 in bp.
HG19 = dict(
    zip(
        [f"chr{number}" for number in range(1, 23)],
        [
            249250621, 243199373, 198022430, 191154276, 180915260, 171115067, 159138663, 146364022, 141213431,
            135534747, 135006516, 133851895, 115169878, 107349540, 102531392, 90354753, 81195210, 78077248,
            59128983, 63025520, 48129895, 51304566,
        ],
        strict=True,
    )
)  # fmt: skip


def people(
    samples: int = 3,
    *,
    lengths: dict[str, int] | None = None,
    archaic: tuple[str, ...] = ("AltaiNea", "Denisova"),
    per_mb: float = 0.4,
    genes: int = 50,
    seed: int = 1,
) -> PeopleResults:
    """Return results of people with segments at random, about ``per_mb`` a haplotype and Mb (20 kb each: 0.8 %)."""
    rng = np.random.default_rng(seed)
    lengths = lengths or {"chr20": 20_000_000, "chr21": 10_000_000}
    names = [f"P{number:03d}" for number in range(samples)]
    haplotypes = tuple((name, side) for name in names for side in (1, 2))
    parts = []
    for chrom, length in lengths.items():
        for sample, side in haplotypes:
            count = rng.poisson(per_mb * length / 1e6)
            slots = np.sort(rng.choice(length // 200_000, size=min(count, length // 200_000), replace=False))
            size = 1_000 * np.clip(rng.gamma(2, 20, len(slots)).astype(int), 5, 190)
            start = slots * 200_000
            parts.append(
                pd.DataFrame({"chrom": chrom, "start": start, "end": start + size, "sample": sample, "haplotype": side})
            )
    segments = pd.concat(parts, ignore_index=True)
    count = len(segments)
    segments["posterior"] = np.round(rng.uniform(0.5, 1, count), 6)
    kinds = [*archaic, "ambiguous", "unmatched"]
    weights = [0.8] + [0.1 / max(1, len(archaic) - 1)] * (len(archaic) - 1) + [0.05, 0.05] if archaic else [0, 1]
    weights = np.array(weights) / sum(weights)
    segments["source"] = rng.choice(kinds, size=count, p=weights)
    segments["seen"] = 0
    segments["callable"] = segments["end"] - segments["start"]
    rare = rng.integers(3, 40, count)
    for name in archaic:
        own = (segments["source"] == name).to_numpy()
        segments[f"{name}_called"] = rare
        segments[f"{name}_shared"] = rng.binomial(rare, np.where(own, 0.8, 0.15))
        segments[f"{name}_compared"] = rare
        segments[f"{name}_match"] = np.where(own, 3.0, -2.0)
    segments["source_score"] = 3.0 if len(archaic) > 1 else np.nan
    order = {chrom: number for number, chrom in enumerate(lengths)}
    segments = segments.sort_values(
        ["chrom", "start", "end", "sample", "haplotype"], key=lambda c: c.map(order) if c.name == "chrom" else c
    ).reset_index(drop=True)
    whole = 2 * sum(lengths.values())
    rows = []
    for name in names:
        own = segments[segments["sample"] == name]
        row = {
            "sample": name,
            "haplotypes": 2,
            "callable": whole,
            "introgressed": int(own["callable"].sum()),
            "percent": 100 * own["callable"].sum() / whole,
            "segments": len(own),
            "mean_length": (own["end"] - own["start"]).mean(),
            "longest": int((own["end"] - own["start"]).max()) if len(own) else 0,
        }
        row |= {f"{kind}_bases": int(own.loc[own["source"] == kind, "callable"].sum()) for kind in kinds if archaic}
        rows.append(row | {"length": int((own["end"] - own["start"]).sum()), "unlike_training": 0})
    return PeopleResults(
        lengths=lengths,
        build="hg19" if "chr22" in lengths else "genome",
        segments=segments,
        haplotypes=haplotypes,
        sources=sources_of(archaic),
        people=pd.DataFrame(rows),
        callable=pd.DataFrame(
            [(chrom, 0, length, len(haplotypes)) for chrom, length in lengths.items()],
            columns=["chrom", "start", "end", "haplotypes"],
        ),
        deserts=pd.DataFrame(
            columns=["chrom", "start", "end", "name", "score", "strand"],
        ),
        genes=_genes(lengths, segments, genes, rng),
        encoded=Encoded(
            outgroup=50,
            archaic=archaic,
            sites=1000,
            missing=dict.fromkeys(names, 0.0),
            unphased=False,
            reference_calls=dict.fromkeys(archaic, True),
            bin=1_000,
            labelled=False,
            unlike_training={},
            provenance={},
        ),
    )


def _genes(lengths: dict[str, int], segments: pd.DataFrame, count: int, rng: np.random.Generator) -> pd.DataFrame:
    """Return genes with the numbers of haplotypes that overlap them."""
    chroms = rng.choice(list(lengths), size=count, p=np.array(list(lengths.values())) / sum(lengths.values()))
    start = (rng.random(count) * (np.array([lengths[chrom] for chrom in chroms]) - 50_000)).astype(np.int64)
    frame = pd.DataFrame({"gene": [f"GENE{n}" for n in range(count)], "chrom": chroms, "start": start})
    frame["end"] = frame["start"] + rng.integers(1_000, 50_000, count)
    frame["strand"] = rng.choice(["+", "-"], count)
    parts = [segments.iloc[:0].assign(gene=0)]
    for chrom, rows in frame.groupby("chrom", sort=False):
        own = segments[segments["chrom"] == chrom]
        places = (each[name].to_numpy() for each in (rows, own) for name in ("start", "end"))
        gene, segment = overlapping_pairs(*places)
        parts.append(own.iloc[segment].assign(gene=rows.index[gene]))
    pairs = pd.concat(parts)
    groups = pairs.groupby("gene")
    sources = pairs.groupby(["gene", "source"]).size().reset_index(name="n")
    sources["text"] = sources["source"] + ":" + sources["n"].astype(str)
    counts = pd.DataFrame(
        {
            "haplotypes": pairs.drop_duplicates(["gene", "sample", "haplotype"]).groupby("gene").size(),
            "people": groups["sample"].nunique(),
            "mean": groups["posterior"].mean(),
            "max": groups["posterior"].max(),
            "sources": sources.groupby("gene")["text"].agg(",".join),
        }
    ).reindex(range(count))
    counts = counts.fillna({"haplotypes": 0, "people": 0, "sources": "."})
    return pd.concat([frame, counts], axis=1).assign(fraction=0.5, read=1.0)


def evaluation_row(kind, precision, recall, f1, **more):
    """Return a row of an evaluation, as ``evaluate --metrics`` writes it."""
    return {
        "kind": kind, "n": 40_000, "prevalence": 0.0638, "auprc": 0.9874, "auprc_ci": [0.963, 0.997],
        "precision_bp": precision, "recall_bp": recall, "f1_bp": f1, "half_true": 0.85, "runs": 67,
        "recall_by_length": [
            {"from": 0, "to": 10_000, "bases": 0, "recall": None},
            {"from": 10_000, "to": 30_000, "bases": 5_000, "recall": recall},
            {"from": 30_000, "to": 100_000, "bases": 9_000, "recall": recall},
            {"from": 100_000, "to": 1_000_000_000, "bases": 7_000, "recall": 1.0},
        ],
        "by_threshold": [
            {"threshold": 0.5, "precision_bp": precision, "recall_bp": recall, "f1_bp": f1},
            {"threshold": 0.95, "precision_bp": None, "recall_bp": 0.0, "f1_bp": 0.0},
        ],
    } | more  # fmt: skip


EVALUATION = {
    "schema_version": 1,
    "verdict": "skill",
    "reason": "AUROC 0.997 (0.991 to 1.000) on held-out bins of haplotypes is above every control",
    "threshold": 0.5,
    "models": {
        "model": evaluation_row("model", 0.9322, 0.9573, 0.9446),
        "hmm": evaluation_row("rival", 0.5078, 0.7087, 0.5917),
        "hmm_archaic": evaluation_row("rival", 0.7541, 0.8591, 0.8032),
        "majority": evaluation_row("control", None, 0.0, 0.0, half_true=None, auprc=0.0638),
    },
    "calibration": {
        "reliability": [
            {"low": 0.0, "high": 0.1, "n": 9, "mean_probability": 0.01, "introgressed_share": 0.02, "model": name}
            | {"share_low": 0.01, "share_high": 0.05}
            for name in ("model", "hmm", "hmm_archaic")
        ]
    },
}
