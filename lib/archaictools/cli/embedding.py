"""``archaictools embedding``."""

from __future__ import annotations

from typing import Any

import click

from archaictools.api.embedding import embedding
from archaictools.api.inputs import ModelFile
from archaictools.cli.command import report, verb
from archaictools.errors import UsageError

EXAMPLES = """
archaictools embedding model.h5 --vectors vectors.tsv --metadata metadata.tsv --umap map.tsv --plot map.png
archaictools embedding model.h5 --word2vec kmers.h5 --clustering clustering.tsv
archaictools embedding pretrained --vectors vectors.tsv --metadata metadata.tsv
"""

#: Outputs, of which at least one is needed.
_OUTPUTS = {
    "vectors", "metadata", "bytes", "bytes_metadata", "umap", "plot", "plots", "word2vec_vectors", "clustering",
}  # fmt: skip


@verb(embedding, examples=EXAMPLES)
@click.argument("model", type=ModelFile())
def command(**options: Any) -> None:
    """Export the word vectors that a model has learnt, and map them with UMAP.

    MODEL is a model.h5, or 'pretrained' for the vectors of the 32 allele classes of a bin. Words that do not occur in
    training are left out. With --word2vec, vectors of the same words are learnt without labels. --clustering measures
    how far either set clusters words by AT content.
    """
    if not _OUTPUTS & set(options):
        raise UsageError(
            "name at least one output: --vectors, --metadata, --bytes, --umap, --plot, --plots or --clustering"
        )
    report(embedding(**options))
