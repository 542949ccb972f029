"""The article's way of making words, as its notebook does it: slices, sentences, a dictionary, an integer matrix.

Written here only to be measured against; nothing in the package uses it.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
from Bio import SeqIO

if TYPE_CHECKING:
    from pathlib import Path


def integer_matrix(genome: Path, windows: Path, k: int = 10) -> tuple[np.ndarray, dict[str, int]]:
    """Return word numbers (windows, words), ordered by frequency as Keras' Tokenizer orders them, and the dictionary."""
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
