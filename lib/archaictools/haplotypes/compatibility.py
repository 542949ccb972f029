"""Whether a model can read a given file of haplotypes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archaictools.errors import InputError

if TYPE_CHECKING:
    from archaictools.haplotypes.feature_file import FeatureFile
    from archaictools.learning.model_file import TrainedModel


def check_bins(model: TrainedModel, words: FeatureFile) -> None:
    """Refuse words with bins of another length than the model's.

    Raises
    ------
    InputError
        With both lengths.
    """
    expected = model.encoding.to_dict()["bin"]
    if expected != words.encoding.bin:
        raise InputError(
            f"has bins of {words.encoding.bin} bp, the model reads {expected} bp",
            path=words.path,
            remedy="make the words again with the model's own --bin",
        )
