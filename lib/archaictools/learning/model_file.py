"""model.h5: one file that predicts without any other, and from which no code is ever run.

The network is rebuilt from a small JSON description. Weights are plain arrays whose names, shapes, types and digests
are checked before use. A model has one member, or one a fold: networks of one shape trained on different sides of the
data. Each member stores its split, the regions it has seen, and the word counts of its training side.

Layout (schema version 4)::

    attributes  format, schema_version, alphabet, parameters, network, second_network (empty without one),
                provenance (JSON), words_sha256, members
    metrics     JSON text
    sources/    title, sha256: VCFs of the people trained on, one row a VCF; the title of a group of people begins the
                names of its regions below. No rows for k-mers, whose regions are those of a genome
    chromosomes/ name, length of the genome trained on
    members/N/  N from 0:
        split       JSON text
        weights/    float32 arrays named as in archaictools.learning.network
        second/     those of the second network, if there is one
        seen/       chrom, start, end of the regions of its training and validation sides
        counts      uint32 (2, vocabulary): training counts of each word, introgressed and depleted
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from archaictools.alphabet import Alphabet
from archaictools.errors import ArchaicError, InputError, UsageError
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
    check_digests,
    check_lengths,
    check_name,
    shown,
)
from archaictools.learning.network import NetworkConfig
from archaictools.learning.regions import SeenRegions
from archaictools.learning.splits import Split

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from archaictools.learning.encoding import Encoding

KIND = "archaictools model"
#: Version 4 stores the sources as checked fields; before, a model without them passed as one that had seen nothing.
SCHEMA_VERSION = OLDEST = 4

#: Largest number of members, so that a file cannot exhaust memory.
MAX_MEMBERS = 1_000

#: Longest name of a region, in bytes: a title and a chromosome, see :func:`region_name`.
MAX_REGION_NAME = 4 * MOST_NAME

_TRAIN_AGAIN = "train the model again with this release"

#: Attributes of the root: bytes of the longest text, or None for a number.
ATTRIBUTES: dict[str, int | None] = {
    "alphabet": MOST_NAME,
    "parameters": MOST_JSON,
    "network": MOST_JSON,
    "second_network": MOST_JSON,
    "provenance": MOST_JSON,
    "words_sha256": MOST_JSON,
    "members": None,
}

#: Datasets of the file besides weights and counts, see :mod:`archaictools.io.schema`.
TABLE: Table = {
    "metrics": Data("uint8", ("metrics",), packed=False),
    "sources/title": Data(TEXT, ("sources",), longest=MAX_REGION_NAME),
    "sources/sha256": Data(TEXT, ("sources",)),
    "chromosomes/name": Data(TEXT, ("chromosomes",), longest=MAX_REGION_NAME),
    "chromosomes/length": Data("int64", ("chromosomes",)),
    "members/*/split": Data("uint8", ("*split",), packed=False),
    "members/*/seen/chrom": Data(TEXT, ("*seen",), longest=MAX_REGION_NAME),
    "members/*/seen/start": Data("int64", ("*seen",)),
    "members/*/seen/end": Data("int64", ("*seen",)),
}


@dataclass(frozen=True, kw_only=True)
class Member:
    """One network of a model, and what it was trained on.

    Attributes
    ----------
    weights
        float32 arrays by name; the probabilities are calibrated.
    split
        The split that it was trained on.
    seen
        Regions of its training and validation sides.
    counts
        uint32 (2, vocabulary): words of its training side, introgressed and depleted (with bins: sums of inputs).
    second_weights
        float32 arrays of the second network, if the model has one; else empty.
    """

    weights: Mapping[str, np.ndarray]
    split: Split
    seen: SeenRegions
    counts: np.ndarray
    second_weights: Mapping[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class TrainedModel:
    """Trained networks with all that is needed to use and to evaluate them.

    Attributes
    ----------
    network
        The description that all members share.
    members
        One, or one a fold.
    encoding
        How bases, or alleles, are encoded.
    both_strands
        Whether predictions are the mean over both strands, or for bins over both directions.
    chromosomes
        Name to length in bp, of the genome trained on.
    words_digest
        SHA-256 of the file trained on; several are separated by spaces.
    sources
        Title of each group of people to the SHA-256 of their VCFs, sorted; empty for k-mers. A member has seen a
        chromosome of these people under the name :func:`region_name`.
    metrics, provenance
        As written by training.
    second_network
        The network that refines the scores of the first, or None.
    """

    network: NetworkConfig
    members: Sequence[Member]
    encoding: Encoding
    both_strands: bool
    chromosomes: Mapping[str, int]
    words_digest: str
    sources: Mapping[str, Sequence[str]] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    provenance: dict[str, Any] = field(default_factory=dict)
    second_network: NetworkConfig | None = None

    def member(self, number: int) -> Member:
        """Return a member by its number (from 1).

        Raises
        ------
        UsageError
            If there is no such member.
        """
        if not 1 <= number <= len(self.members):
            raise UsageError(f"the model has {len(self.members)} member(s), numbered from 1: there is no {number}")
        return self.members[number - 1]


def region_name(title: str, chrom: str) -> str:
    """Return the name of a chromosome of a group of people; without a title it is that of the chromosome.

    Examples
    --------
    >>> region_name("CEU", "chr1"), region_name("", "chr1")
    ('CEU/chr1', 'chr1')
    """
    return f"{title}/{chrom}" if title else chrom


def save_model(path: Path, model: TrainedModel) -> None:
    """Write model.h5."""
    text = h5py.string_dtype()
    with create(path, kind=KIND, schema_version=SCHEMA_VERSION) as handle:
        handle.attrs["alphabet"] = model.encoding.name
        write_attributes(handle, "parameters", model.encoding.to_dict())
        write_attributes(handle, "network", model.network.to_dict() | {"both_strands": model.both_strands})
        write_attributes(handle, "second_network", model.second_network.to_dict() if model.second_network else {})
        write_document(handle, "metrics", model.metrics)
        write_attributes(handle, "provenance", model.provenance)
        handle.attrs["words_sha256"] = model.words_digest
        handle.attrs["members"] = len(model.members)
        for number, member in enumerate(model.members):
            _write_member(handle, f"members/{number}", member)
        rows = [(title, digest) for title, digests in model.sources.items() for digest in digests]
        handle["sources/title"] = np.array([title for title, _ in rows], dtype=text)
        handle["sources/sha256"] = np.array([digest for _, digest in rows], dtype=text)
        handle["chromosomes/name"] = np.array(list(model.chromosomes), dtype=text)
        handle["chromosomes/length"] = np.array(list(model.chromosomes.values()), dtype=np.int64)


def _write_member(handle: h5py.File, group: str, member: Member) -> None:
    write_document(handle, f"{group}/split", member.split.to_dict())
    for kind, arrays in (("weights", member.weights), ("second", member.second_weights)):
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


def load_model(path: Path, *encodings: type[Encoding]) -> TrainedModel:
    """Read model.h5.

    Parameters
    ----------
    path
        The file; see :mod:`archaictools.haplotypes.pretrained` for the model of the package.
    encodings
        Encodings that are accepted, of one wing or of both.

    Raises
    ------
    InputError
        If the file is no model, has another schema or encoding, describes another kind of network, or if a name,
        shape, type or digest of an array differs from the description.
    """
    known = {str(encoding.name): encoding for encoding in encodings}
    with open_container(
        path, kind=KIND, schema_version=SCHEMA_VERSION, oldest=OLDEST, attributes=ATTRIBUTES, again=_TRAIN_AGAIN
    ) as handle:
        found = read_text(handle, "alphabet", path)
        if found not in known:
            raise InputError(f"is a model of the {shown(found)} alphabet, not {' or '.join(known)}", path=path)
        encoding = known[found].from_dict(read_attributes(handle, "parameters", path), path)
        description = read_attributes(handle, "network", path)
        both_strands = description.pop("both_strands", None)
        network = _read_network(description, path)
        stored = read_attributes(handle, "second_network", path)
        second = _read_network(stored, path) if stored else None
        fits = network.vocabulary == encoding.vocabulary and encoding.fits(network, second)
        if not fits or not isinstance(both_strands, bool):
            raise InputError("its network does not fit its own words", path=path)
        count = read_number(handle, "members", path)
        if not 1 <= count <= MAX_MEMBERS:
            raise InputError(f"names {count} members, expected 1 to {MAX_MEMBERS:,}", path=path)
        contents = check_data(handle, path, _table(network, second))
        if len(contents.groups) != count or f"members/{count - 1}" not in contents.groups:
            raise InputError(f"names {count} members, but contains {len(contents.groups)}", path=path)
        metrics = read_document(handle, "metrics", path)
        _check_metrics(metrics, count, path)
        names, lengths = read_texts(handle, "chromosomes/name", path), read_array(handle, "chromosomes/length", path)
        members = [_read_member(handle, f"members/{number}", path, network, second) for number in range(count)]
        return TrainedModel(
            network=network,
            members=members,
            encoding=encoding,
            both_strands=both_strands,
            chromosomes=check_lengths(names, lengths, path, longest=MAX_REGION_NAME),
            words_digest=read_text(handle, "words_sha256", path),
            sources=_read_sources(handle, found, members, path),
            metrics=metrics,
            provenance=read_attributes(handle, "provenance", path),
            second_network=second,
        )


def _table(network: NetworkConfig, second: NetworkConfig | None) -> Table:
    """Return the datasets of a model of such networks; the shapes of the weights follow from the description."""
    both = (("weights", network.shapes()), ("second", second.shapes() if second else {}))
    weights = {
        f"members/*/{kind}/{name}": Data("float32", shape, packed=False, attributes=("sha256",))
        for kind, shapes in both
        for name, shape in shapes.items()
    }
    return TABLE | {"members/*/counts": Data("uint32", (2, network.vocabulary))} | weights


def _read_network(stored: dict[str, Any], path: Path) -> NetworkConfig:
    """Rebuild the description of a network."""
    try:
        return NetworkConfig.from_dict(stored)
    except (TypeError, ValueError, ArchaicError) as error:
        raise InputError(f"describes no network that this release can build ({error})", path=path) from error


def _read_sources(handle: h5py.File, alphabet: str, members: Sequence[Member], path: Path) -> dict[str, list[str]]:
    """Read whose haplotypes a model has seen, and check that they account for every region that it has seen."""
    titles, digests = (read_texts(handle, f"sources/{name}", path) for name in ("title", "sha256"))
    sources: dict[str, list[str]] = {}
    for title, digest in zip(titles, check_digests(digests, path), strict=True):
        if title:
            check_name(title, path, what="the title of a source", longest=MAX_REGION_NAME)
        sources.setdefault(title, []).append(digest)
    if alphabet != Alphabet.VARIANT:
        if sources:
            raise InputError("names VCFs as its sources, but reads k-mers", path=path)
        return sources
    if not sources:
        raise InputError("does not name the VCFs of the people it has seen", path=path, remedy=_TRAIN_AGAIN)
    begins = tuple(region_name(title, "") for title in sources)
    for name in {name for member in members for name in member.seen.chrom}:
        if not name.startswith(begins):
            raise InputError(f"has seen {shown(name)}, which belongs to none of its sources", path=path)
    return sources


def _check_metrics(metrics: dict[str, Any], members: int, path: Path) -> None:
    """Check the parts of the metrics that other commands read: how the members were trained."""
    folds = metrics.get("folds", [])
    good = isinstance(folds, list) and len(folds) in {0, members} and all(isinstance(fold, dict) for fold in folds)
    good = good and all(
        isinstance(found.get("training", {}), dict) and isinstance(found.get("split", {}), dict)
        for found in (metrics, *folds)
    )
    if not good:
        raise InputError("describes its training in a way that this release does not know", path=path)


def _read_member(
    handle: h5py.File, group: str, path: Path, network: NetworkConfig, second: NetworkConfig | None
) -> Member:
    try:
        split = Split.from_dict(read_document(handle, f"{group}/split", path))
    except (TypeError, KeyError, ValueError, OverflowError, AttributeError, UsageError) as error:
        raise InputError(f"describes no split that this release knows ({error})", path=path) from error
    weights = _read_weights(handle, f"{group}/weights", path, network)
    second_weights = _read_weights(handle, f"{group}/second", path, second) if second else {}
    chrom = read_texts(handle, f"{group}/seen/chrom", path)
    start, end = (read_array(handle, f"{group}/seen/{name}", path) for name in ("start", "end"))
    _check_seen(chrom, start, end, path)
    counts = read_array(handle, f"{group}/counts", path)
    seen = SeenRegions(chrom, start, end)
    return Member(weights=weights, split=split, seen=seen, counts=counts, second_weights=second_weights)


def _check_seen(chrom: Sequence[str], start: np.ndarray, end: np.ndarray, path: Path) -> None:
    """Check that the regions which a member has seen are sorted intervals."""
    for name in set(chrom):
        check_name(name, path, what="a chromosome's name", longest=MAX_REGION_NAME)
    same = np.array([one == other for one, other in zip(chrom[1:], chrom[:-1], strict=True)], dtype=bool)
    apart = start[1:][same] >= end[:-1][same]
    inside = (start >= 0) & (start < end) & (end <= MOST_LENGTH)
    blocks = int(np.count_nonzero(~same)) + 1 if len(chrom) else 0
    if not (apart.all() and inside.all() and blocks == len(set(chrom))):
        raise InputError("has seen regions that are not sorted intervals", path=path)


def _read_weights(handle: h5py.File, group: str, path: Path, network: NetworkConfig) -> dict[str, np.ndarray]:
    weights = {}
    for name in network.shapes():
        array = read_array(handle, f"{group}/{name}", path)
        with intact(path, f"{group}/{name}"):
            digest = handle[f"{group}/{name}"].attrs.get("sha256")
        if digest != array_digest(array):
            raise InputError(f"the digest of {group}/{name} is wrong", path=path, remedy="the file is damaged")
        if not np.isfinite(array).all():
            raise InputError(f"{group}/{name} contains numbers that are not finite", path=path)
        weights[name] = array
    return weights


def model_digest(model: TrainedModel) -> str:
    """Return the SHA-256 of all that predictions depend on: networks, weights, and the data trained on."""
    seconds = model.second_network.to_dict() if model.second_network else {}
    parts = [
        json.dumps([model.network.to_dict(), seconds, model.both_strands, model.words_digest], sort_keys=True),
        *(
            f"{name} {array_digest(array)}"
            for member in model.members
            for weights in (member.weights, member.second_weights)
            for name, array in sorted(weights.items())
        ),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def array_digest(array: np.ndarray) -> str:
    """Return the SHA-256 of an array's numbers as little-endian float32."""
    return hashlib.sha256(np.ascontiguousarray(array, dtype="<f4").tobytes()).hexdigest()
