"""Tokenise windows as the article's notebook does: slices, sentences, a dictionary, an integer matrix.

This is the baseline of speed.py; nothing in the package uses it.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
from Bio import SeqIO

if TYPE_CHECKING:
    from pathlib import Path


def integer_matrix(genome: Path, windows: Path, k: int = 10) -> tuple[np.ndarray, dict[str, int]]:
    """Return k-mer numbers (windows, k-mers) and the dictionary; Keras' Tokenizer order, the most frequent first."""
    chromosomes = {record.id: str(record.seq) for record in SeqIO.parse(genome, "fasta")}
    sentences = []
    for line in windows.read_text().splitlines():
        chrom, start, end = line.split("\t")[:3]
        sequence = chromosomes[chrom][int(start) : int(end)].upper()
        sentences.append(" ".join(sequence[i : i + k] for i in range(len(sequence) - k + 1)))
    counts: Counter[str] = Counter()
    for sentence in sentences:
        counts.update(sentence.split(" "))
    index = {word: number for number, (word, _) in enumerate(counts.most_common(), start=1)}
    rows = [[index[word] for word in sentence.split(" ")] for sentence in sentences]
    return np.array(rows, dtype=np.int32), index
