"""archaictools: find archaic (Neanderthal, Denisovan) DNA in genomes with LSTMs.

Two wings share a small core: ``sequence`` (k-mers of a reference genome) and ``haplotypes`` (people's VCFs), over
``io`` (file formats) and ``learning`` (networks, training, splits, measures). ``simulation`` makes people with known
truth. ``api`` holds one function a verb; ``cli`` gives it a command line. The wings never import each other.

Coordinates are 0-based and half-open everywhere inside the package.
"""

__version__ = "0.1.0"
