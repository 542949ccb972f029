"""The options that say what is held out, the same for every verb that splits."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from archaictools.cli.options import given_options, names
from archaictools.errors import UsageError
from archaictools.options import INPUT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from archaictools.learning.splits import SplitScheme


def holding_out(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --split and its companions; give the verb one ``splitting`` dictionary for :func:`split_options`."""

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
    @click.option(
        "--folds",
        type=click.IntRange(0),
        default=0,
        show_default=True,
        help="Hold out each of this many folds once (3 or more), one network a fold; 0 for one split.",
    )
    @click.option(
        "--fold-file",
        type=INPUT,
        help="BED of regions named train, validation and test, or by fold; instead of --split and its companions.",
    )
    @wraps(function)
    def wrapped(
        *,
        method: str,
        test_chromosomes: tuple[str, ...],
        validation_chromosomes: tuple[str, ...],
        block_size: int,
        gap: int,
        folds: int,
        fold_file: Path | None,
        seed: int,
        **values: Any,
    ) -> Any:
        splitting = {
            "method": method,
            "test_chromosomes": test_chromosomes,
            "validation_chromosomes": validation_chromosomes,
            "block_size": block_size,
            "gap": gap,
            "folds": folds,
            "fold_file": fold_file,
            "seed": seed,
        }
        return function(splitting=splitting, seed=seed, **values)

    return wrapped


def split_options(splitting: dict[str, Any]) -> SplitScheme:
    """Make the options of a split, from a fold file where one is given."""
    from archaictools.learning.splits import SplitScheme

    values = dict(splitting)
    fold_file = values.pop("fold_file")
    if fold_file is None:
        return SplitScheme(**values)
    from archaictools.learning.regions import read_folds

    if given := [option.opts[0] for option in given_options() if option.name in set(values) - {"seed"}]:
        raise UsageError(f"--fold-file says what is held out: leave out {', '.join(given)}")
    return read_folds(fold_file, seed=values["seed"])
