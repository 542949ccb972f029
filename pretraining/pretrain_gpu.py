"""Train the first network of pretrain.sh on a GPU with PyTorch.

The package supplies the split, the augmented batches, and the recipe: Adam, a cosine schedule, weighted cross-entropy.
PyTorch supplies the arithmetic: its LSTM runs both directions of all layers in one call of cuDNN. `archaictools train
--start-from` continues from the resulting model, calibrates it and measures it. Needs `pip install torch`; does not
use TensorFlow.
"""

import argparse
import math
import time
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from sklearn.metrics import average_precision_score

from archaictools.haplotypes.augment import Augmentation
from archaictools.haplotypes.batches import BinBatches, scaled
from archaictools.haplotypes.dataset import Genomes
from archaictools.haplotypes.feature_file import open_features
from archaictools.haplotypes.options import KEEP_NEGATIVES
from archaictools.learning.model_file import Member, TrainedModel, save_model
from archaictools.learning.network import NetworkConfig
from archaictools.learning.regions import seen_by
from archaictools.learning.splits import Split, SplitScheme, make_splits

#: Steps during which the learning rate rises.
WARMUP = 200

cross_entropy = torch.nn.functional.binary_cross_entropy_with_logits


class Net(torch.nn.Module):
    """The network of archaictools.learning.network; its output is logits."""

    def __init__(self, network, dropout):
        super().__init__()
        self.network = network
        self.embedding = torch.nn.Linear(network.vocabulary, network.embedding)
        self.lstm = torch.nn.LSTM(
            network.embedding,
            network.lstm,
            network.lstm_layers,
            batch_first=True,
            bidirectional=True,
            dropout=dropout if network.lstm_layers > 1 else 0,
        )
        self.dense = torch.nn.Linear(2 * network.lstm, network.dense)
        self.output = torch.nn.Linear(network.dense, 1)

    def forward(self, inputs):
        """Return the logit of every bin: float (batch, bins)."""
        found, _ = self.lstm(torch.relu(self.embedding(inputs)))
        return self.output(torch.relu(self.dense(found)))[..., 0]

    def arrays(self):
        """Return the weight tensors by Keras name; two-dimensional tensors are transposed in Keras."""
        parts = ("weight_ih", "weight_hh", "bias_ih")
        lstms = [
            getattr(self.lstm, f"{part}_l{layer}{end}")
            for layer in range(self.network.lstm_layers)
            for end in ("", "_reverse")
            for part in parts
        ]
        linear = [tensor for layer in (self.dense, self.output) for tensor in (layer.weight, layer.bias)]
        tensors = [self.embedding.weight, self.embedding.bias, *lstms, *linear]
        return dict(zip(self.network.shapes(), tensors, strict=True))

    def begin(self):
        """Initialise weights as Keras does."""
        with torch.no_grad():
            for name, tensor in self.arrays().items():
                if name.endswith("_recurrent"):
                    torch.nn.init.orthogonal_(tensor)
                elif tensor.ndim > 1:
                    torch.nn.init.xavier_uniform_(tensor)
                else:
                    tensor.zero_()
                    if name.startswith(("forward", "backward")):
                        tensor[self.network.lstm : 2 * self.network.lstm] = 1  # the forget gate
            for name, tensor in self.lstm.named_parameters():
                if name.startswith("bias_hh"):  # Keras has one bias, PyTorch adds two: this one stays zero.
                    tensor.zero_()
                    tensor.requires_grad = False

    def weights(self):
        """Return the weight arrays by Keras name, in Keras orientation."""
        found = {name: tensor.detach().cpu().numpy() for name, tensor in self.arrays().items()}
        return {name: np.ascontiguousarray(array.T) for name, array in found.items()}


class Stream(torch.utils.data.IterableDataset):
    """Endless batches; each worker makes complete epochs of its own."""

    def __init__(self, options, split):
        self.options, self.split = options, split

    def __iter__(self):
        worker = torch.utils.data.get_worker_info()
        number, step = (worker.id, worker.num_workers) if worker else (0, 1)
        with ExitStack() as stack:
            batches = made(opened(self.options.words, stack), self.split, self.options)
            while True:
                for batch in batches.epoch(number):
                    yield tuple(torch.from_numpy(array) for array in batch)
                number += step


def opened(paths: list[Path], stack: ExitStack) -> Genomes:
    return Genomes([stack.enter_context(open_features(path)) for path in paths])


def made(genomes: Genomes, split: Split, options: argparse.Namespace) -> BinBatches:
    return BinBatches(
        list(genomes.runs(split, "train")),
        size=genomes.size,
        stretch=options.stretch,
        batch=options.batch_size,
        keep=KEEP_NEGATIVES,
        augmentation=Augmentation(archaic_absent=options.archaic_absent),
        seed=options.seed,
    )


def held_out(genomes: Genomes, split: Split, stretch: int):
    """Yield name, inputs and labels of the validation haplotypes of each file, cut into chunks."""
    for run in genomes.runs(split, "validation"):
        words, chrom = run.unit.words, run.unit.chrom
        used = slice(run.first, run.last - (run.last - run.first) % stretch)
        inputs, label = words.inputs(chrom)[:, used], words.label(chrom)[:, used]
        shape = (-1, stretch)
        yield (
            f"{words.path.parent.name}/{words.path.stem}",
            inputs.reshape(*shape, inputs.shape[2]),
            label.reshape(shape),
        )


def watch(net, held, device):
    """Return loss and AUPRC of each validation file."""
    net.eval()
    found = {}
    with torch.no_grad():
        for name, inputs, label in held:
            logits = net(torch.from_numpy(scaled(inputs)).to(device))
            target = torch.from_numpy((label == 1).astype(np.float32)).to(device)
            area = average_precision_score(label.ravel() == 1, logits.cpu().numpy().ravel())
            found[name] = cross_entropy(logits, target).item(), area
    net.train()
    return found


def trained(options, genomes: Genomes, split: Split, network: NetworkConfig, weights, steps: int) -> TrainedModel:
    """Return the model for `archaictools train --start-from`, which counts inputs and measures accuracy."""
    counts = np.zeros((2, network.vocabulary), dtype=np.uint32)
    seen = seen_by(split, genomes.locations, genomes.lengths)
    training: dict[str, object] = {key: str(value) for key, value in vars(options).items() if key != "words"}
    training |= {"steps": steps, "words": [path.name for path in options.words]}
    return TrainedModel(
        network=network,
        members=[Member(weights=weights, split=split, seen=seen, counts=counts)],
        encoding=genomes.files[0].encoding,
        both_strands=True,
        chromosomes=genomes.lengths,
        words_digest="",
        sources=genomes.sources,
        metrics={"training": training},
        provenance={"command": "pretrain_gpu.py", "torch": torch.__version__},
    )


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("words", type=Path, nargs="+")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--test-chromosomes", required=True)
    parser.add_argument("--validation-chromosomes", required=True)
    parser.add_argument("--embedding", type=int, default=48)
    parser.add_argument("--lstm", type=int, default=96)
    parser.add_argument("--lstm-layers", type=int, default=2)
    parser.add_argument("--dense", type=int, default=48)
    parser.add_argument("--dropout", type=float, default=0.1, help="dropout between LSTM layers")
    parser.add_argument(
        "--archaic-absent", type=float, default=0.2, help="fraction of training chunks without archaic genomes"
    )
    parser.add_argument("--epochs", type=float, required=True, help="number of epochs")
    parser.add_argument("--learning-rate", type=float, default=0.003)
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--stretch", type=int, default=500)
    parser.add_argument("--workers", type=int, default=14, help="number of processes that make batches")
    parser.add_argument("--watch", type=int, default=1_000, help="steps between validations")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def main():
    options = arguments()
    torch.manual_seed(options.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    with ExitStack() as stack:
        genomes = opened(options.words, stack)
        [split] = make_splits(
            genomes.locations,
            SplitScheme(
                test_chromosomes=tuple(options.test_chromosomes.split(",")),
                validation_chromosomes=tuple(options.validation_chromosomes.split(",")),
            ),
        )
        held = list(held_out(genomes, split, options.stretch))
        steps = max(1, round(options.epochs * made(genomes, split, options).steps))
        network = NetworkConfig(
            vocabulary=genomes.files[0].encoding.vocabulary,
            words=options.stretch,
            embedding=options.embedding,
            lstm=options.lstm,
            lstm_layers=options.lstm_layers,
            dense=options.dense,
            per_bin=True,
            forget_bias="unit",
        )
        net = Net(network, options.dropout)
        net.begin()
        net.to(device)
        learn(net, held, steps, Stream(options, split), options, device)
        save_model(options.model, trained(options, genomes, split, network, net.weights(), steps))


def learn(net, held, steps, stream, options, device):
    learnt = [tensor for tensor in net.parameters() if tensor.requires_grad]
    adam = torch.optim.Adam(learnt, lr=options.learning_rate, eps=1e-7, fused=device == "cuda")
    batches = torch.utils.data.DataLoader(
        stream,
        batch_size=None,
        num_workers=options.workers,
        prefetch_factor=8 if options.workers else None,
        pin_memory=device == "cuda",
    )
    print(f"{len(options.words)} files, {steps} steps of {options.batch_size} on {device}", flush=True)
    began, losses = time.monotonic(), []
    for step, batch in enumerate(islice(batches, steps), start=1):
        inputs, share, weight = (tensor.to(device, non_blocking=True) for tensor in batch)
        for group in adam.param_groups:
            group["lr"] = options.learning_rate * min(step / WARMUP, 1) * (1 + math.cos(math.pi * step / steps)) / 2
        loss = cross_entropy(net(inputs), share[..., 0], weight[..., 0])
        adam.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learnt, 1.0)
        adam.step()
        losses.append(loss.detach())
        if step % options.watch == 0 or step == steps:
            mean = torch.stack(losses).mean().item()
            losses.clear()
            found = watch(net, held, device)
            print(
                f"step {step}, {time.monotonic() - began:.0f} s: loss {mean:.4f}; validation loss/AUPRC "
                + ", ".join(f"{name} {one:.4f}/{area:.3f}" for name, (one, area) in found.items()),
                flush=True,
            )
            if not math.isfinite(mean):
                raise SystemExit("the loss is not finite; give a smaller --learning-rate")


if __name__ == "__main__":
    main()
