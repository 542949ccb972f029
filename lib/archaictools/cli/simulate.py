"""``archaictools simulate``."""

from __future__ import annotations

from typing import Any

from archaictools.api.simulate import simulate
from archaictools.cli.command import report, verb

EXAMPLES = """
archaictools simulate --model 9K19 --out simulated
archaictools simulate --model 10J19 --ingroup 10 --length 50000000 --chromosomes 4 --hotspots --out simulated
archaictools simulate --model 9K19 --switch-errors 0.5 --missing-archaic 0.1 --uncallable 0.2 --out poor
archaictools simulate --model m.yaml --outgroup-population A --ingroup-population B --archaic-population N --out demes
"""


@verb(simulate, examples=EXAMPLES)
def command(**options: Any) -> None:
    """Simulate phased modern genomes and archaic genomes, with the true archaic segments.

    Chromosomes are simulated in parallel. An interrupted simulation continues with the chromosomes that are missing;
    finished ones are kept in a hidden folder next to --out.
    """
    report(simulate(**options))
