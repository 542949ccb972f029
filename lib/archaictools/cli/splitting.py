"""The options that say what is held out, the same for every verb that splits."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from archaictools.cli.options import names

if TYPE_CHECKING:
    from collections.abc import Callable


def holding_out(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --split and its companions; give the verb one ``splitting`` dictionary for ``SplitOptions``."""

    @click.option(
        "--split",
        "method",
        type=click.Choice(["chromosome", "block", "interval", "random"]),
        default="chromosome",
        show_default=True,
        help="What is held out; random leaks and is named so.",
    )
    @click.option("--test-chromosomes", callback=names, help="Held out for test [default: the smallest holding 20 %].")
    @click.option(
        "--validation-chromosomes", callback=names, help="For early stopping [default: the next holding 10 %]."
    )
    @click.option(
        "--block-size", type=click.IntRange(1), default=1_000_000, show_default=True, help="Of --split block, bp."
    )
    @click.option("--gap", type=click.IntRange(0), default=0, show_default=True, help="Left unused around blocks, bp.")
    @wraps(function)
    def wrapped(
        *,
        method: str,
        test_chromosomes: tuple[str, ...],
        validation_chromosomes: tuple[str, ...],
        block_size: int,
        gap: int,
        seed: int,
        **values: Any,
    ) -> Any:
        splitting = {
            "method": method,
            "test_chromosomes": test_chromosomes,
            "validation_chromosomes": validation_chromosomes,
            "block_size": block_size,
            "gap": gap,
            "seed": seed,
        }
        return function(splitting=splitting, seed=seed, **values)

    return wrapped
