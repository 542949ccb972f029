"""The long stages of pretrain.sh on a GPU: train a model of haplotypes with PyTorch.

What is learnt from, and how, is the package's own: the split, the batches of BinBatches with their changes, Adam under
a cosine, the weighted cross-entropy. Only the arithmetic is PyTorch's, whose LSTM runs both directions of all layers in
one call of cuDNN. `archaictools train --start-from` goes on from what this leaves, calibrates and measures it. Needs
`pip install torch`; TensorFlow is not used.
"""

import argparse
import math
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from sklearn.metrics import average_precision_score

from archaictools.model.archive import Member, TrainedModel, load_model, save_model
from archaictools.model.augmentation import Augmentation
from archaictools.model.bin_batches import BinBatches, scaled
from archaictools.model.bin_fitting import EARLIER, BinTrainingOptions
from archaictools.model.genomes import Genomes
from archaictools.model.network import Network
from archaictools.model.splits import SplitOptions, make_splits
from archaictools.model.territory import Territory, seen_by
from archaictools.words.bins import open_bins

#: Steps in which the learning rate rises.
WARMUP = 200

cross_entropy = torch.nn.functional.binary_cross_entropy_with_logits


class Net(torch.nn.Module):
    """The network of archaictools.model.network, returning logits."""

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
        """Return the logit of every bin."""
        found, _ = self.lstm(torch.relu(self.embedding(inputs)))
        return self.output(torch.relu(self.dense(found)))[..., 0]

    def places(self):
        """Name of each weight array, the tensor that holds it, and whether that is its transpose."""
        yield "embedding", self.embedding.weight, True
        yield "embedding_bias", self.embedding.bias, False
        for layer in range(self.network.lstm_layers):
            for side, end in (("forward", ""), ("backward", "_reverse")):
                name = side if layer == 0 else f"{side}_{layer + 1}"
                yield f"{name}_kernel", getattr(self.lstm, f"weight_ih_l{layer}{end}"), True
                yield f"{name}_recurrent", getattr(self.lstm, f"weight_hh_l{layer}{end}"), True
                yield f"{name}_bias", getattr(self.lstm, f"bias_ih_l{layer}{end}"), False
        for name, layer in (("dense", self.dense), ("output", self.output)):
            yield f"{name}_kernel", layer.weight, True
            yield f"{name}_bias", layer.bias, False

    def load(self, weights):
        """Take these weights, or Keras' usual ones where there are none."""
        with torch.no_grad():
            for name, tensor, transposed in self.places():
                if weights:
                    array = torch.as_tensor(np.array(weights[name]))
                    tensor.copy_(array.T if transposed else array)
                elif name.endswith("_recurrent"):
                    torch.nn.init.orthogonal_(tensor)
                elif transposed:
                    torch.nn.init.xavier_uniform_(tensor)
                else:
                    tensor.zero_()
                    if name.startswith(("forward", "backward")):
                        tensor[self.network.lstm : 2 * self.network.lstm] = 1  # the forget gate
            for name, tensor in self.lstm.named_parameters():
                if name.startswith("bias_hh"):  # Keras has one bias, PyTorch two that are added: this one stays zero.
                    tensor.zero_()
                    tensor.requires_grad = False

    def weights(self):
        """Return the weights by name, as Keras has them."""
        arrays = {}
        for name, tensor, transposed in self.places():
            array = tensor.detach().float().cpu().numpy()
            arrays[name] = np.ascontiguousarray(array.T if transposed else array)
        return {name: arrays[name] for name in self.network.shapes()}


class Stream(torch.utils.data.IterableDataset):
    """Batches without end; each worker makes whole passes of its own over the people."""

    def __init__(self, options, split):
        self.options, self.split = options, split

    def __iter__(self):
        worker = torch.utils.data.get_worker_info()
        number, step = (worker.id, worker.num_workers) if worker else (0, 1)
        with ExitStack() as stack:
            batches = made(self.options, self.split, stack)
            while True:
                for batch in batches.epoch(number):
                    yield tuple(torch.from_numpy(array) for array in batch)
                number += step


def made(options, split, stack):
    genomes = Genomes([stack.enter_context(open_bins(path)) for path in options.words])
    return BinBatches(
        list(genomes.runs(split, "train")),
        size=genomes.size,
        stretch=options.stretch,
        batch=options.batch_size,
        keep=BinTrainingOptions.keep_depleted,
        augmentation=Augmentation(archaic_absent=options.archaic_absent),
        seed=options.seed,
    )


def held_out(genomes, split, stretch):
    """Yield validation haplotypes by file, cut into stretches: name, inputs, labels."""
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
    """Loss and AUPRC of each held-out file."""
    net.eval()
    found = {}
    with torch.no_grad():
        for name, inputs, label in held:
            logits = net(torch.from_numpy(scaled(inputs)).to(device)).float()
            target = torch.from_numpy((label == 1).astype(np.float32)).to(device)
            area = average_precision_score(label.ravel() == 1, logits.cpu().numpy().ravel())
            found[name] = cross_entropy(logits, target).item(), area
    net.train()
    return found


def prepared(options, genomes):
    """Return the model to train: that of --start-from, or one of the sizes asked for, without weights."""
    if options.start_from:
        return load_model(options.start_from, alphabet="variant")
    names = {side: tuple(getattr(options, f"{side}_chromosomes").split(",")) for side in ("test", "validation")}
    [split] = make_splits(
        genomes.places,
        SplitOptions(test_chromosomes=names["test"], validation_chromosomes=names["validation"], seed=options.seed),
    )
    alphabet = genomes.files[0].alphabet
    network = Network(
        vocabulary=alphabet.vocabulary,
        words=options.stretch,
        embedding=options.embedding,
        lstm=options.lstm,
        lstm_layers=options.lstm_layers,
        dense=options.dense,
        per_bin=True,
        forget_bias="unit",
    )
    none = Territory([], *np.zeros((2, 0), dtype=np.int64))
    member = Member(weights={}, split=split, seen=none, counts=np.zeros((2, network.vocabulary), dtype=np.uint32))
    return TrainedModel(
        network=network,
        members=[member],
        alphabet=alphabet,
        both_strands=True,
        chromosomes=genomes.lengths,
        words_digest="",
        metrics={"sources": {}},
        provenance={"command": "pretrain_gpu.py", "torch": torch.__version__},
    )


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("words", type=Path, nargs="+")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--start-from", type=Path, help="sizes and split are those of this model")
    parser.add_argument("--test-chromosomes", default="")
    parser.add_argument("--validation-chromosomes", default="")
    parser.add_argument("--embedding", type=int, default=48)
    parser.add_argument("--lstm", type=int, default=96)
    parser.add_argument("--lstm-layers", type=int, default=2)
    parser.add_argument("--dense", type=int, default=48)
    parser.add_argument("--dropout", type=float, default=0.1, help="between LSTM layers, in training")
    parser.add_argument("--archaic-absent", type=float, default=0.2, help="share of people read without archaic genome")
    parser.add_argument("--epochs", type=float, required=True, help="passes over the training side")
    parser.add_argument("--minutes", type=float, default=math.inf, help="end the cosine early: a lent GPU has its hour")
    parser.add_argument("--learning-rate", type=float, default=0.003)
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--stretch", type=int, default=500)
    parser.add_argument("--workers", type=int, default=14, help="processes that make batches")
    parser.add_argument("--watch", type=int, default=1_000, help="steps between looks at the validation side")
    parser.add_argument("--bfloat16", action="store_true", help="multiply in bfloat16")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def main():
    options = arguments()
    torch.manual_seed(options.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    with ExitStack() as stack:
        genomes = Genomes([stack.enter_context(open_bins(path)) for path in options.words])
        model = prepared(options, genomes)
        member = model.member(1)
        held = list(held_out(genomes, member.split, options.stretch))
        steps = max(1, round(options.epochs * made(options, member.split, stack).steps))
        seen = seen_by(member.split, genomes.places, genomes.lengths).joined(member.seen, prefix=EARLIER)
        sources = genomes.sources | {EARLIER + title: known for title, known in model.metrics["sources"].items()}
    net = Net(model.network, options.dropout)
    net.load(member.weights)
    net.to(device)
    learnt = [tensor for tensor in net.parameters() if tensor.requires_grad]
    adam = torch.optim.Adam(learnt, lr=options.learning_rate, eps=1e-7, fused=device == "cuda")
    stream = torch.utils.data.DataLoader(
        Stream(options, member.split),
        batch_size=None,
        num_workers=options.workers,
        prefetch_factor=8 if options.workers else None,
        pin_memory=device == "cuda",
    )
    print(f"{len(options.words)} files, {steps} steps of {options.batch_size} on {device}", flush=True)
    began, total, since = time.monotonic(), torch.zeros((), device=device), 0
    for step, batch in enumerate(stream, start=1):
        inputs, share, weight = (tensor.to(device, non_blocking=True) for tensor in batch)
        # Whichever is used up first, steps or minutes, is what the cosine runs over.
        done = max(step / steps, (time.monotonic() - began) / 60 / options.minutes)
        for group in adam.param_groups:
            group["lr"] = options.learning_rate * min(step / WARMUP, 1) * (1 + math.cos(math.pi * min(done, 1))) / 2
        with torch.autocast(device, dtype=torch.bfloat16, enabled=options.bfloat16):
            logits = net(inputs)
        loss = cross_entropy(logits.float(), share[..., 0], weight[..., 0])
        adam.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learnt, 1.0)
        adam.step()
        total += loss.detach()
        since += 1
        if step % options.watch == 0 or done >= 1:
            loss = total.item() / since
            found = watch(net, held, device)
            print(
                f"step {step}, {time.monotonic() - began:.0f} s: loss {loss:.4f}; validation loss/AUPRC "
                + ", ".join(f"{name} {one:.4f}/{area:.3f}" for name, (one, area) in found.items()),
                flush=True,
            )
            if not math.isfinite(loss):
                raise SystemExit("the loss is not a number any more; give a smaller --learning-rate")
            total.zero_()
            since = 0
        if done >= 1:
            break
    training = {key: str(value) for key, value in vars(options).items() if key != "words"}
    training |= {"steps": step, "words": [path.name for path in options.words]}
    trained = replace(member, weights=net.weights(), seen=seen)
    metrics = {"sources": sources, "training": training, "started_from": model.metrics.get("training")}
    save_model(options.model, replace(model, members=[trained], chromosomes=genomes.lengths, metrics=metrics))


if __name__ == "__main__":
    main()
