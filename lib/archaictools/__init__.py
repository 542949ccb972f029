"""archaictools: find archaic (Neanderthal, Denisovan) DNA in genomes with LSTMs.

The data flow is the folder listing, and imports run the same way only:

``formats`` (FASTA, BED, bigWig, tables) → ``words`` (windows, k-mers, ``words.h5``) → ``model`` (splits,
network, training) → ``results`` (importance, embedding, tracks, genes) → ``cli`` (one verb a step).

Coordinates are 0-based and half-open everywhere inside the package.
"""

__version__ = "0.1.0"
