"""model.h5: one file that predicts without any other, and from which no code is ever run.

The network is rebuilt in code from a small JSON description; weights are plain arrays whose names, shapes, types and
digests are checked before use. A model has one member, or one a fold: networks of one shape trained on different
sides. With each travel its split, the places it has seen, and the word counts of its training side.

Layout (schema version 3)::

    attributes  format, schema_version, alphabet, parameters, network, sharing (of the second network, or empty),
                provenance (JSON), words_sha256, members
    metrics     JSON text
    chromosomes/ name, length of the genome trained on
    members/N/  N from 0:
        split       JSON text
        weights/    float32 arrays named as in archaictools.learning.network
        sharing/    those of the second network, where there is one
        seen/       chrom, start, end of the places of its training and validation sides
        counts      uint32 (2, 4^k + 1): training counts of each word, introgressed and depleted
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from archaictools.errors import ArchaicError, InputError, UsageError, shortlist
from archaictools.haplotypes.feature_file import ALPHABET as VARIANT
from archaictools.haplotypes.feature_file import HaplotypeEncoding
from archaictools.haplotypes.relatedness import INPUTS
from archaictools.io.hdf5 import (
    check_data,
    create,
    intact,
    open_container,
    read_array,
    read_attributes,
    read_document,
    read_number,
    read_text,
    read_texts,
    write_attributes,
    write_document,
)
from archaictools.io.schema import (
    MOST_JSON,
    MOST_LENGTH,
    MOST_NAME,
    TEXT,
    Data,
    Table,
    check_lengths,
    check_name,
    shown,
)
from archaictools.learning.network import NetworkConfig
from archaictools.learning.regions import SeenRegions
from archaictools.learning.splits import Split
from archaictools.sequence.token_file import KmerEncoding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from archaictools.haplotypes.feature_file import FeatureFile
    from archaictools.sequence.token_file import TokenFile

KIND = "archaictools model"
SCHEMA_VERSION = 3
#: Version 1 had one member and did not say what it had seen; version 2 had no second network.
OLDEST = 2

KMER = "kmer"

#: No layer of a file to be read may be wider: a description must not be able to exhaust memory.
WIDEST = 4_096

#: Nor may a file name more members.
MOST_MEMBERS = 1_000

#: Bytes of the name of a place: of a file's stem and a chromosome, see :mod:`archaictools.haplotypes.dataset`.
LONGEST = 4 * MOST_NAME

#: Attributes of the root: the longest text, or None for a number.
ATTRIBUTES: dict[str, int | None] = {
    "alphabet": MOST_NAME,
    "parameters": MOST_JSON,
    "network": MOST_JSON,
    "sharing": MOST_JSON,
    "provenance": MOST_JSON,
    "words_sha256": MOST_JSON,
    "members": None,
}

#: What such a file may hold besides weights and counts, see :mod:`archaictools.io.schema`.
TABLE: Table = {
    "metrics": Data("uint8", ("metrics",), packed=False),
    "chromosomes/name": Data(TEXT, ("chromosomes",), longest=LONGEST),
    "chromosomes/length": Data("int64", ("chromosomes",)),
    "members/*/split": Data("uint8", ("*split",), packed=False),
    "members/*/seen/chrom": Data(TEXT, ("*seen",), longest=LONGEST),
    "members/*/seen/start": Data("int64", ("*seen",)),
    "members/*/seen/end": Data("int64", ("*seen",)),
}


@dataclass(frozen=True, kw_only=True)
class Member:
    """One network of a model, and what it was trained on.

    Attributes
    ----------
    weights
        Arrays, float32 by name; its probabilities are calibrated.
    split
        Which sentences were held out from it.
    seen
        The places of its training and validation sides.
    counts
        uint32 (2, vocabulary): words of its training side, introgressed and depleted (of bins: inputs added up).
    sharing
        Arrays of the second network, where the model has one; else empty.
    """

    weights: Mapping[str, np.ndarray]
    split: Split
    seen: SeenRegions
    counts: np.ndarray
    sharing: Mapping[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class TrainedModel:
    """Trained networks with all that is needed to use and to judge them.

    Attributes
    ----------
    network
        The description that all members share.
    members
        One, or one a fold.
    alphabet
        How bases, or alleles, become words.
    both_strands
        Trained on both strands, or bins read in both directions; predictions average them.
    chromosomes
        Name to length of the genome trained on.
    words_digest
        SHA-256 of the words file trained on.
    metrics, provenance
        As written by training.
    sharing
        The second network, see :mod:`archaictools.haplotypes.relatedness`, or None. Its scores replace the first's.
    """

    network: NetworkConfig
    members: Sequence[Member]
    alphabet: KmerEncoding | HaplotypeEncoding
    both_strands: bool
    chromosomes: Mapping[str, int]
    words_digest: str
    metrics: dict[str, Any] = field(default_factory=dict)
    provenance: dict[str, Any] = field(default_factory=dict)
    sharing: NetworkConfig | None = None

    @property
    def kmers(self) -> KmerEncoding:
        """How bases become words, for a model that reads k-mers."""
        if not isinstance(self.alphabet, KmerEncoding):
            raise TypeError("the model reads bins, not k-mers")
        return self.alphabet

    def member(self, number: int) -> Member:
        """Return a member by its number, from 1.

        Raises
        ------
        UsageError
            If there is no such member.
        """
        if not 1 <= number <= len(self.members):
            raise UsageError(f"the model has {len(self.members)} member(s), numbered from 1: there is no {number}")
        return self.members[number - 1]


def save_model(path: Path, model: TrainedModel) -> None:
    """Write model.h5."""
    with create(path, kind=KIND, schema_version=SCHEMA_VERSION) as handle:
        handle.attrs["alphabet"] = model.alphabet.name
        write_attributes(handle, "parameters", model.alphabet.describe())
        write_attributes(handle, "network", model.network.describe() | {"both_strands": model.both_strands})
        write_attributes(handle, "sharing", model.sharing.describe() if model.sharing else {})
        write_document(handle, "metrics", model.metrics)
        write_attributes(handle, "provenance", model.provenance)
        handle.attrs["words_sha256"] = model.words_digest
        handle.attrs["members"] = len(model.members)
        for number, member in enumerate(model.members):
            _write_member(handle, f"members/{number}", member)
        handle["chromosomes/name"] = np.array(list(model.chromosomes), dtype=h5py.string_dtype())
        handle["chromosomes/length"] = np.array(list(model.chromosomes.values()), dtype=np.int64)


def _write_member(handle: h5py.File, group: str, member: Member) -> None:
    write_document(handle, f"{group}/split", member.split.describe())
    for kind, arrays in (("weights", member.weights), ("sharing", member.sharing)):
        for name, array in arrays.items():
            data = handle.create_dataset(f"{group}/{kind}/{name}", data=array, dtype="float32")
            data.attrs["sha256"] = array_digest(array)
    packed: dict[str, Any] = {"chunks": True, "compression": "gzip", "compression_opts": 1, "shuffle": True}
    handle.create_dataset(f"{group}/counts", data=member.counts, dtype="uint32", **packed)
    seen = member.seen
    handle[f"{group}/seen/chrom"] = np.array(list(seen.chrom), dtype=h5py.string_dtype())
    for name in ("start", "end"):
        values = getattr(seen, name)
        handle.create_dataset(f"{group}/seen/{name}", data=values, dtype="int64", **(packed if len(values) else {}))


def load_model(path: Path, *, alphabet: str | None = KMER) -> TrainedModel:
    """Read model.h5.

    Parameters
    ----------
    path
        The file; see :func:`archaictools.haplotypes.pretrained.load` for the one that ships with the package.
    alphabet
        ``kmer`` or ``variant``: what the model must read; None for either.

    Raises
    ------
    InputError
        If the file is not a model, is of a newer schema, describes another kind of network, or if an array's
        name, shape, type or digest is not what the description implies.
    """
    with open_container(path, kind=KIND, schema_version=SCHEMA_VERSION, oldest=OLDEST, attributes=ATTRIBUTES) as handle:
        found = read_text(handle, "alphabet", path)
        if found not in ((KMER, VARIANT) if alphabet is None else (alphabet,)):
            wanted = alphabet or f"{KMER} or {VARIANT}"
            raise InputError(f"is a model of the {shown(found)} alphabet, not {wanted}", path=path)
        parameters = read_attributes(handle, "parameters", path)
        reading = (
            KmerEncoding.restore(parameters, path) if found == KMER else HaplotypeEncoding.restore(parameters, path)
        )
        description = read_attributes(handle, "network", path)
        both_strands = description.pop("both_strands", None)
        network = _restore_network(description, path)
        second = read_attributes(handle, "sharing", path) if read_text(handle, "sharing", path) else {}
        sharing = _restore_network(second, path) if second else None
        if (
            network.vocabulary != reading.vocabulary
            or not isinstance(both_strands, bool)
            or network.per_bin != (found != KMER)
            or (isinstance(reading, KmerEncoding) and network.words != reading.words)
            or (
                sharing
                and not (network.per_bin and sharing.per_bin and sharing.vocabulary == network.vocabulary + len(INPUTS))
            )
        ):
            raise InputError("its network does not fit its own words", path=path)
        count = read_number(handle, "members", path)
        if not 1 <= count <= MOST_MEMBERS:
            raise InputError(f"names {count} members, expected 1 to {MOST_MEMBERS:,}", path=path)
        contents = check_data(handle, path, _table(network, sharing))
        if len(contents.groups) != count or f"members/{count - 1}" not in contents.groups:
            raise InputError(f"names {count} members, but holds {len(contents.groups)}", path=path)
        metrics = read_document(handle, "metrics", path)
        _check_metrics(metrics, count, path)
        names = read_texts(handle, "chromosomes/name", path)
        return TrainedModel(
            network=network,
            members=[_read_member(handle, f"members/{number}", path, network, sharing) for number in range(count)],
            alphabet=reading,
            both_strands=both_strands,
            chromosomes=check_lengths(names, read_array(handle, "chromosomes/length", path), path, longest=LONGEST),
            words_digest=read_text(handle, "words_sha256", path),
            metrics=metrics,
            provenance=read_attributes(handle, "provenance", path),
            sharing=sharing,
        )


def _table(network: NetworkConfig, sharing: NetworkConfig | None) -> Table:
    """Return what a model of such networks may hold: the shapes of weights follow from the description."""
    both = (("weights", network.shapes()), ("sharing", sharing.shapes() if sharing else {}))
    weights = {
        f"members/*/{kind}/{name}": Data("float32", shape, packed=False, attributes=("sha256",))
        for kind, shapes in both
        for name, shape in shapes.items()
    }
    return TABLE | {"members/*/counts": Data("uint32", (2, network.vocabulary))} | weights


def _restore_network(stored: dict[str, Any], path: Path) -> NetworkConfig:
    """Read a description of a network, whose sizes must be numbers of a network that somebody trains."""
    try:
        network = NetworkConfig(**stored)
        sizes = (network.vocabulary, network.words, network.embedding, network.lstm, network.dense, network.lstm_layers)
        if not all(type(size) is int for size in sizes) or not isinstance(network.per_bin, bool):
            raise TypeError("a size is not a number")
    except (TypeError, ValueError, ArchaicError) as error:
        raise InputError(f"describes no network that this release can build ({error})", path=path) from error
    if max(network.embedding, network.lstm, network.dense) > WIDEST:
        raise InputError(f"a layer has more than {WIDEST:,} units", path=path)
    return network


def _check_metrics(metrics: dict[str, Any], members: int, path: Path) -> None:
    """Check the parts of the metrics that other commands read: how it was trained, and on whose chromosomes."""
    sources, folds = metrics.get("sources", {}), metrics.get("folds", [])
    good = isinstance(sources, dict) and all(
        isinstance(digests, list) and all(isinstance(digest, str) for digest in digests) for digests in sources.values()
    )
    good &= isinstance(folds, list) and len(folds) in {0, members} and all(isinstance(fold, dict) for fold in folds)
    good = good and all(
        isinstance(found.get("training", {}), dict) and isinstance(found.get("split", {}), dict)
        for found in (metrics, *folds)
    )
    if not good:
        raise InputError("describes its training in a way that this release does not know", path=path)


def _read_member(
    handle: h5py.File, group: str, path: Path, network: NetworkConfig, sharing: NetworkConfig | None
) -> Member:
    try:
        split = Split.restore(read_document(handle, f"{group}/split", path))
    except (TypeError, KeyError, ValueError, OverflowError, AttributeError, UsageError) as error:
        raise InputError(f"describes no split that this release knows ({error})", path=path) from error
    weights = _read_weights(handle, f"{group}/weights", path, network)
    second = _read_weights(handle, f"{group}/sharing", path, sharing) if sharing else {}
    chrom = read_texts(handle, f"{group}/seen/chrom", path)
    start, end = (read_array(handle, f"{group}/seen/{name}", path) for name in ("start", "end"))
    _check_seen(chrom, start, end, path)
    counts = read_array(handle, f"{group}/counts", path)
    return Member(weights=weights, split=split, seen=SeenRegions(chrom, start, end), counts=counts, sharing=second)


def _check_seen(chrom: Sequence[str], start: np.ndarray, end: np.ndarray, path: Path) -> None:
    """Check that the places which a member saw are intervals in order."""
    for name in set(chrom):
        check_name(name, path, what="a chromosome's name", longest=LONGEST)
    same = np.array([one == other for one, other in zip(chrom[1:], chrom[:-1], strict=True)], dtype=bool)
    apart = start[1:][same] >= end[:-1][same]
    inside = (start >= 0) & (start < end) & (end <= MOST_LENGTH)
    blocks = int(np.count_nonzero(~same)) + 1 if len(chrom) else 0
    if not (apart.all() and inside.all() and blocks == len(set(chrom))):
        raise InputError("has seen places that are no intervals in order", path=path)


def _read_weights(handle: h5py.File, group: str, path: Path, network: NetworkConfig) -> dict[str, np.ndarray]:
    weights = {}
    for name in network.shapes():
        array = read_array(handle, f"{group}/{name}", path)
        with intact(path, f"{group}/{name}"):
            digest = handle[f"{group}/{name}"].attrs.get("sha256")
        if digest != array_digest(array):
            raise InputError(f"the digest of {group}/{name} is wrong", path=path, remedy="the file is damaged")
        if not np.isfinite(array).all():
            raise InputError(f"{group}/{name} holds numbers that are not finite", path=path)
        weights[name] = array
    return weights


def check_bins(model: TrainedModel, words: FeatureFile) -> None:
    """Refuse words of bins that a model was not made for: another length of a bin."""
    if model.alphabet.describe()["bin"] != words.alphabet.bin:
        raise InputError(
            f"has bins of {words.alphabet.bin} bp, the model reads {model.alphabet.describe()['bin']} bp",
            path=words.path,
            remedy="make the words again with the model's own --bin",
        )


def check_fit(model: TrainedModel, words: TokenFile, *, any_build: bool = False) -> None:
    """Refuse words that a model was not made for: another k, stride, window, strand treatment or genome build.

    A build is recognised by chromosome lengths: chromosomes of one name must have one length in both files.
    """
    mine, theirs = asdict(model.alphabet), asdict(words.alphabet)
    differing = [f"{name} {theirs[name]} (the model has {mine[name]})" for name in mine if mine[name] != theirs[name]]
    if differing:
        raise InputError(
            f"does not fit the model: {', '.join(differing)}",
            path=words.path,
            remedy="make the words again with the model's own settings",
        )
    other = [
        f"{name} has {length:,} bp (the model's {model.chromosomes[name]:,})"
        for name, length in words.chromosomes.items()
        if name in model.chromosomes and model.chromosomes[name] != length
    ]
    if other and not any_build:
        raise InputError(
            f"is of another genome build than the model: {shortlist(other)}",
            path=words.path,
            remedy="use the build that the model was trained on (predict has --any-build, if that is meant)",
        )


def array_digest(array: np.ndarray) -> str:
    """Return the SHA-256 of an array's numbers as little-endian float32."""
    return hashlib.sha256(np.ascontiguousarray(array, dtype="<f4").tobytes()).hexdigest()
