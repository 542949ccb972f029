"""Convert a model of schema 2 or 3 to schema 4, with the same weights.

Earlier schemas kept the sources, whose haplotypes a model has seen, as a key of its metrics. Schema 4 stores them as checked
fields. The converted file is read back and compared array by array.

    python convert_model.py old.h5 new.h5
"""

import json
import sys
from pathlib import Path

import h5py
import numpy as np

from archaictools.haplotypes.encoding import HaplotypeEncoding
from archaictools.learning.model_file import Member, TrainedModel, load_model, save_model
from archaictools.learning.network import NetworkConfig
from archaictools.learning.regions import SeenRegions
from archaictools.learning.splits import Split
from archaictools.sequence.encoding import KmerEncoding

ENCODINGS = {"kmer": KmerEncoding, "variant": HaplotypeEncoding}


def read_old(path):
    """Return the model of a file of schema 2 or 3."""
    with h5py.File(path, "r") as handle:
        attributes = handle.attrs
        if attributes["format"] != "archaictools model" or attributes["schema_version"] not in {2, 3}:
            raise SystemExit(f"{path} is no model of schema 2 or 3")
        metrics = document(handle["metrics"])
        description = json.loads(attributes["network"])
        both_strands = description.pop("both_strands")
        second = json.loads(attributes.get("sharing") or "{}")
        chromosomes = zip(handle["chromosomes/name"].asstr()[...], handle["chromosomes/length"][...], strict=True)
        return TrainedModel(
            network=NetworkConfig.from_dict(description),
            members=[member(handle[f"members/{number}"]) for number in range(int(attributes["members"]))],
            encoding=ENCODINGS[attributes["alphabet"]].from_dict(json.loads(attributes["parameters"]), path),
            both_strands=both_strands,
            chromosomes={str(name): int(length) for name, length in chromosomes},
            words_digest=attributes["words_sha256"],
            sources=metrics.get("sources", {}),
            metrics=metrics,
            provenance=json.loads(attributes["provenance"]),
            second_network=NetworkConfig.from_dict(second) if second else None,
        )


def document(dataset):
    return json.loads(dataset[...].tobytes())


def member(group):
    seen = group["seen"]
    return Member(
        weights=arrays(group["weights"]),
        split=Split.from_dict(document(group["split"])),
        seen=SeenRegions(seen["chrom"].asstr()[...].tolist(), seen["start"][...], seen["end"][...]),
        counts=group["counts"][...],
        second_weights=arrays(group["sharing"]) if "sharing" in group else {},
    )


def arrays(group):
    return {name: dataset[...] for name, dataset in group.items()}


def check_equal(before, after):
    """Raise AssertionError unless two models are equal but for the order of their arrays."""
    for name in ("network", "alphabet", "chromosomes", "sources", "metrics", "provenance", "second_network"):
        assert getattr(before, name) == getattr(after, name), name
    for old, new in zip(before.members, after.members, strict=True):
        assert old.split == new.split
        assert list(old.seen.chrom) == list(new.seen.chrom)
        pairs = [(old.seen.start, new.seen.start), (old.seen.end, new.seen.end), (old.counts, new.counts)]
        for kind in ("weights", "second_weights"):
            assert set(getattr(old, kind)) == set(getattr(new, kind)), kind
            pairs += [(array, getattr(new, kind)[name]) for name, array in getattr(old, kind).items()]
        for one, other in pairs:
            assert one.dtype == other.dtype
            assert np.array_equal(one, other)


def main(old, new):
    model = read_old(Path(old))
    save_model(Path(new), model)
    check_equal(model, load_model(Path(new), *ENCODINGS.values()))


if __name__ == "__main__":
    main(*sys.argv[1:])
