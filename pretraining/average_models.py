"""Average the first networks of models: average_models.py OUT MODEL SHARE [MODEL SHARE ...].

The models were trained one after another, so their weights may be averaged. A mean keeps most of what each one knows
(Wortsman et al. 2022, https://doi.org/10.48550/arXiv.2203.05482). All but the weights is that of the first model, which
has no second network: it would belong to other scores.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from archaictools.haplotypes.encoding import HaplotypeEncoding
from archaictools.learning.model_file import TrainedModel, load_model, save_model


def averaged(models: list[TrainedModel], shares: list[float]) -> TrainedModel:
    """Return the first model with the mean weights of all; shares need not add up to 1."""
    first = models[0]
    if any(model.network != first.network or len(model.members) > 1 for model in models):
        raise SystemExit("the networks differ, or there are several folds")
    weights = {
        name: np.average([model.members[0].weights[name] for model in models], axis=0, weights=shares).astype(
            array.dtype
        )
        for name, array in first.members[0].weights.items()
    }
    member = replace(first.members[0], weights=weights, second_weights={})
    return replace(first, members=[member], second_network=None)


if __name__ == "__main__":
    out, *given = sys.argv[1:]
    models = [load_model(Path(name), HaplotypeEncoding) for name in given[::2]]
    save_model(Path(out), averaged(models, [float(share) for share in given[1::2]]))
