"""Largest values that ``simulate`` takes: what lies beyond would run for ever, or not fit into memory or an index."""

from __future__ import annotations

#: People of a kind, and chromosomes.
MAX_PEOPLE, MAX_CHROMOSOMES = 20_000, 1_000
#: Length of a chromosome in bp: an index of a VCF (.tbi) ends at 512 Mb.
MAX_LENGTH = 500_000_000
#: Recombination or mutation rate per base and generation, and that rate times the length of a chromosome.
MAX_RATE, MAX_PER_CHROMOSOME = 1e-3, 20.0
#: Phasing switches per Mb, generations ago, highest mutation rate over the lowest, and people of a population.
MAX_SWITCHES, MAX_TIME, MAX_VARIATION, MAX_POPULATION = 1_000.0, 1e6, 1_000.0, 1e8
