"""Gene annotation from BED6, BED12, GTF or GFF3 (plain or gzip), recognised by content."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING
from urllib.parse import unquote

import numpy as np
import pandas as pd

from archaictools.errors import InputError
from archaictools.intervals import clusters, end_to_end
from archaictools.io.bed import count_order, read_bed
from archaictools.io.columns import intervals_of, read_columns
from archaictools.io.files import open_text

if TYPE_CHECKING:
    from pathlib import Path

    from archaictools.io.summary import Summary

_GFF = ("chrom", "source", "feature", "start", "end", "score", "strand", "frame", "attributes")

#: GFF3 types of genes; types that end in ``_gene`` are genes, too.
_GENE_FEATURES = ("gene", "pseudogene")

#: Largest distance in bp between parts of a gene with one gene_id; the longest human introns are about 1 Mb.
MAX_GAP = 2_000_000


def read_genes(path: Path, *, tally: Summary, group: str = "genes") -> pd.DataFrame:
    """Return genes, or other named regions.

    Parameters
    ----------
    path
        BED with three or more columns (each row is one gene), GTF or GFF3 (each ``gene`` feature is one gene; in a
        GTF without them, the span of each ``gene_id``, cut where its parts lie more than :data:`MAX_GAP` bp apart).
    tally, group
        Counts of dropped and corrected rows, and their class.

    Returns
    -------
    pandas.DataFrame
        ``chrom, start, end, name, strand``, 0-based and half-open, in file order.
    """
    if _is_gff(path):
        frame = _read_gff(path, tally=tally, group=group)
        count_order(frame, tally=tally, group=group)
    else:
        frame = read_bed(path, tally=tally, group=group)
    return frame[["chrom", "start", "end", "name", "strand"]].reset_index(drop=True)


def _is_gff(path: Path) -> bool:
    with open_text(path) as handle:
        for line in handle:
            if line.startswith("##gff-version"):
                return True
            if line.strip() and not line.startswith(("#", "track", "browser")):
                fields = line.rstrip("\r\n").split("\t")
                return len(fields) == 9 and not fields[1].isdigit() and fields[3].isdigit() and fields[4].isdigit()
    return False


def _read_gff(path: Path, *, tally: Summary, group: str) -> pd.DataFrame:
    kept = []
    with contextlib.closing(read_columns(path, _GFF, tally=tally, group=group)) as chunks:
        for chunk in chunks:
            text, sequence = _before_sequence(chunk)
            part = text[_is_gene(text["feature"]) | _is_gtf(text["attributes"].astype(str))]
            kept.append(part.astype({name: str for name in _GFF if name not in {"start", "end"}}))
            if sequence:
                tally.add(group, "sections of sequence (FASTA), not read", 1)
                break
    text = pd.concat(kept) if kept else pd.DataFrame(columns=list(_GFF))
    text = text.assign(chrom=_decoded(text["chrom"]).where(~_is_gtf(text["attributes"]), text["chrom"]))
    genes = text[_is_gene(text["feature"])]
    if len(genes):
        frame = intervals_of(genes, path, tally=tally, group=group, one_based=True)
        frame = frame.assign(name=_gene_name(frame["attributes"]))
        tally.add(group, "features that are not genes", len(text) - len(genes))
    else:
        frame = _spans(text, path, tally=tally, group=group)
    if frame.empty:
        raise InputError(
            "names no gene", path=path, remedy="expected 'gene' features or features with a gene_id attribute"
        )
    return frame.assign(strand=frame["strand"].where(frame["strand"].isin(["+", "-"]), "."))


def _before_sequence(frame: pd.DataFrame) -> tuple[pd.DataFrame, bool]:
    """Remove the sequence at the end of a GFF3: from a line that begins with ``>``; ``##FASTA`` may precede it."""
    begins = [name for name in frame["chrom"].cat.categories if name.startswith(">")]
    first = frame["chrom"].isin(begins).to_numpy()
    return (frame.iloc[: int(first.argmax())], True) if first.any() else (frame, False)


def _is_gene(feature: pd.Series[str]) -> pd.Series[bool]:
    kinds = feature.unique()
    return feature.isin([kind for kind in kinds if kind in _GENE_FEATURES or str(kind).endswith("_gene")])


def _spans(text: pd.DataFrame, path: Path, *, tally: Summary, group: str) -> pd.DataFrame:
    """Return a gene for each gene_id, chromosome and strand of a GTF that lists only exons.

    Parts more than :data:`MAX_GAP` apart are separate genes: copies with one gene_id.
    """
    parts = intervals_of(text, path, tally=tally, group=group, one_based=True)
    parts = parts.assign(
        gene=_attribute(parts["attributes"], "gene_id"),
        name=_gene_name(parts["attributes"]),
        order=np.arange(len(parts)),
    )
    nameless = parts["gene"] == ""
    if nameless.any():
        tally.add(group, "features without a gene_id, left out", int(nameless.sum()))
        parts = parts[~nameless]
    keys = ["chrom", "gene", "strand"]
    parts["number"] = parts.groupby(keys, sort=False).ngroup()
    parts = parts.sort_values(["number", "start"], kind="stable")
    number, start, end = (parts[name].to_numpy(dtype=np.int64) for name in ("number", "start", "end"))
    first = clusters(*end_to_end(number, start, end, longest=int(end.max(initial=0)) + MAX_GAP), gap=MAX_GAP)
    parts["locus"] = np.searchsorted(first, np.arange(len(parts)), side="right")
    if further := len(first) - len(np.unique(number)):
        tally.add(group, f"further loci of a gene_id, more than {MAX_GAP:,} bp apart", further)
    grouped = parts.sort_values("order").groupby([*keys, "locus"], sort=False)
    return grouped.agg(start=("start", "min"), end=("end", "max"), name=("name", "first")).reset_index()


def _gene_name(attributes: pd.Series[str]) -> pd.Series[str]:
    """Return the symbol, or else the identifier, or else a dot."""
    name = pd.Series("", index=attributes.index, dtype=str)
    for key in ("gene_name", "Name", "gene", "gene_id", "ID"):
        name = name.where(name != "", _attribute(attributes, key))
    return name.where(name != "", ".")


def _attribute(attributes: pd.Series[str], key: str) -> pd.Series[str]:
    """Return one attribute in the syntax of GTF (``key "value";``) or GFF3 (``key=value;``); empty if missing.

    Some programs write GTF values without quotes.
    """
    found = attributes.str.extract(rf'(?:^|;)\s*{key}(?:\s+"([^"]*)"|=([^;]*)|\s+([^\s";=]+)\s*(?:;|$))')
    return found[0].fillna(found[2]).fillna(_decoded(found[1].fillna("").str.strip()))


def _is_gtf(attributes: pd.Series[str]) -> pd.Series[bool]:
    return attributes.str.contains("gene_id ", regex=False)


def _decoded(column: pd.Series[str]) -> pd.Series[str]:
    """Decode the URL encoding of GFF3 (``%2C`` is a comma); tabs and line breaks become blanks."""
    coded = {text: " ".join(unquote(text).split()) for text in column.unique() if "%" in text}
    return column.map(lambda text: coded.get(text, text)) if coded else column
