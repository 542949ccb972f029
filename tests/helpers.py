"""What several test modules share: writers of small files, models and words, and the same things counted by hand."""

from __future__ import annotations

import gzip
import hashlib
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from archaictools.haplotypes.allele_classes import CLASSES
from archaictools.haplotypes.encoding import HaplotypeEncoding
from archaictools.haplotypes.feature_file import open_features
from archaictools.haplotypes.feature_writer import FeatureChunk, write_features
from archaictools.haplotypes.pretrained import load_pretrained
from archaictools.learning.model_file import Member, TrainedModel
from archaictools.learning.network import NetworkConfig
from archaictools.learning.regions import SeenRegions
from archaictools.learning.splits import Split, SplitScheme
from archaictools.sequence.encoding import KmerEncoding

ROOT = Path(__file__).resolve().parents[1]
PLANTED = ROOT / "test-data"
COMPLEMENT = str.maketrans("ACGT", "TGCA")
HEADER = (
    "##fileformat=VCFv4.2\n##contig=<ID={chrom},length={length}>\n##FORMAT=<ID=GT,Number=1,Type=String,Description=G>\n"
)
LENGTH = 25_500
OUTGROUP = [f"O{n}" for n in range(9)]
INGROUP = ["I0", "I1", "I2"]
ARCHAIC = ["A0", "A1"]
ROLES = ("--ingroup", ",".join(INGROUP), "--outgroup", ",".join(OUTGROUP))
ABSENT_HOM, ABSENT_LACKED = CLASSES.index("absent_hom"), CLASSES.index("absent_lacked")
SMALL = ("--lstm", 8, "--embedding", 8, "--dense", 8, "--stretch", 100, "--learning-rate", 0.01, "--threads", 2)
SAMPLES = [*OUTGROUP, *INGROUP]
COLUMNS = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t"
NOBODY = ["0|0"] * len(OUTGROUP)
SITE = [*NOBODY, "0|1", "0|0", "0|0"]


def write_fasta(path: Path, sequences: dict[str, str], width: int = 60) -> Path:
    """Write a small FASTA file."""
    with path.open("w") as handle:
        for name, sequence in sequences.items():
            handle.write(f">{name}\n")
            handle.writelines(f"{sequence[i : i + width]}\n" for i in range(0, len(sequence), width))
    return path


def ids_of_strings(sequence: str, k: int, stride: int, canonical: bool) -> list[int]:
    """The definition, letter by letter."""
    found = []
    for start in range(0, len(sequence) - k + 1, stride):
        word = sequence[start : start + k].upper()
        if set(word) - set("ACGT"):
            found.append(0)
            continue
        if canonical:
            word = min(word, word.translate(COMPLEMENT)[::-1])
        found.append(1 + int("".join(str("ACGT".index(letter)) for letter in word), 4))
    return found


def write_vcf(path, samples, records, *, chrom="chr7", length=LENGTH, form="GT"):
    """records: (position, ref, alts, [genotype text a sample])."""
    lines = [HEADER.format(chrom=chrom, length=length)]
    lines.append("\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *samples]) + "\n")
    for position, ref, alts, calls in records:
        lines.append(
            "\t".join([chrom, str(position + 1), ".", ref, ",".join(alts), ".", "PASS", ".", form, *calls]) + "\n"
        )
    path.write_text("".join(lines))
    return path


def by_hand(modern, archaic, *, size=1_000, archaic_people=ARCHAIC, missing="uncalled"):
    """Counter of (haplotype, bin, word), outgroup's variable sites per bin, matches and pairs, site by site."""
    there = {position: (ref, alts, calls) for position, ref, alts, calls in archaic}
    words, varies, matches, apart, unshared = Counter(), Counter(), Counter(), Counter(), Counter()
    for position, ref, alts, calls in modern:
        bases = [ref, *alts]
        pairs = [call.replace("/", "|").split("|") for call in calls]
        letters = [[None if a == "." else bases[int(a)] for a in pair] for pair in pairs]
        outgroup = [letter for pair in letters[: len(OUTGROUP)] for letter in pair if letter]
        ingroup = [letter for pair in letters[len(OUTGROUP) :] for letter in pair]
        archaic_letters = archaic_by_hand(there.get(position), ref, len(archaic_people), missing)
        count_unshared(alts, archaic_letters, unshared)
        if not outgroup or len({*outgroup, *filter(None, ingroup)}) < 2:
            continue
        where = position // size
        varies[where] += len(set(outgroup)) > 1
        for haplotype, letter in enumerate(ingroup):
            if letter is None:
                continue
            share = outgroup.count(letter) / len(outgroup)
            if share == 0:
                frequency = "absent"
            elif share == 1:
                frequency = "fixed"
            else:
                frequency = next(
                    name
                    for name, holds in (
                        ("to_1", share <= 0.01),
                        ("to_10", share <= 0.1),
                        ("to_50", share <= 0.5),
                        ("over_50", share < 0.9),
                        ("from_90", share < 0.99),
                        ("from_99", True),
                    )
                    if holds
                )
            states = []
            has = []  # of each archaic person: shared, lacked or not called
            for called in archaic_letters:
                if called:
                    count = called.count(letter)
                    states.append(0 if not count else 2 if count == len(called) else 1)
                has.append(("shared" if letter in called else "lacked") if called else "not called")
            if frequency in ("absent", "to_1", "to_10"):
                count_evidence((haplotype, where), has, letter != ref, (matches, apart))
            state = ("lacked", "het", "hom")[max(states)] if states else "uncalled"
            words[haplotype, where, f"{frequency}_{state}"] += 1
    return words, varies, matches, apart, unshared


def archaic_by_hand(record, ref, people, missing):
    """Return the bases that each archaic person has at a site."""
    found = []
    for number in range(people):
        called = []
        if record is not None:
            other, others, calls = record
            own = [other, *others]
            called = [own[int(a)] for a in calls[number].replace("|", "/").split("/") if a != "."]
        found.append([ref, ref] if not called and missing == "reference" else called)
    return found


def count_unshared(alleles, archaic, unshared):
    """Count the other alleles of a record that no archaic person has."""
    for letter in alleles:
        for number, called in enumerate(archaic):
            if not any(letter in other for other in archaic):
                unshared[number, 0] += 1
                unshared[number, 1] += len(called) > 0


def count_evidence(place, has, alternate, counters):
    """Count a rare allele by what each archaic person has there."""
    matches, apart = counters
    for number, one in enumerate(has):
        matches[*place, number, 0] += one != "not called"
        matches[*place, number, 1] += one == "shared"
        matches[*place, number, 2] += one == "not called" and alternate
    for number, (first, second) in enumerate((has, has[::-1]) if len(has) == 2 else ()):
        apart[*place, number, 0] += (first, second) == ("shared", "lacked")
        apart[*place, number, 1] += (first, second) == ("shared", "not called") and alternate


def check(path, expected):
    words, varies, matches, pairs, unshared = expected
    with open_features(path) as found:
        (chrom,) = found.bins
        counts = found.counts(chrom)
        assert counts.sum() == sum(words.values()) > 1_000
        for (haplotype, where, word), count in words.items():
            assert counts[haplotype, where, CLASSES.index(word)] == count, (haplotype, where, word)
        assert found.shared(chrom, "outgroup_variable").tolist() == [varies[b] for b in range(found.bins[chrom])]
        for haplotype in range(6):
            stored = found.matches(chrom, haplotype)
            assert {(haplotype, *index): value for index, value in np.ndenumerate(stored) if value} == {
                key: value for key, value in matches.items() if key[0] == haplotype and value
            }
            told = {
                (haplotype, *index): value for index, value in np.ndenumerate(found.pairs(chrom, haplotype)) if value
            }
            assert told == {key: value for key, value in pairs.items() if key[0] == haplotype and value}
        expected_unshared = [
            [unshared[number, kind] for kind in (0, 1)] for number in range(len(found.encoding.archaic))
        ]
        assert found.unshared(chrom).tolist() == expected_unshared


def by_chromosome(tmp_path, archaic):
    """Two chromosomes with the same sites, of which I0 alone carries the second allele; the options to read them."""
    calls = [*["0|0"] * len(OUTGROUP), "0|1", "0|0", "0|0"]
    sites = [(position, "A", ["G"], calls) for position in range(100, 900, 100)]
    options = []
    for chrom in ("chr1", "chr2"):
        options += ["--vcf", write_vcf(tmp_path / f"m.{chrom}.vcf", OUTGROUP + INGROUP, sites, chrom=chrom)]
    for chrom, records in archaic.items():
        options += ["--archaic-vcf", write_vcf(tmp_path / f"a.{chrom}.vcf", ["A0"], records, chrom=chrom)]
    return ["haplotypes", *options, *ROLES, "--archaic", "A0", "--out", tmp_path / "w.h5"]


def words_of(path, haplotype=1):
    """Words of the first bin of a haplotype: of each chromosome, the word to how often it is there."""
    with open_features(path) as found:
        counts = {chrom: found.counts(chrom)[haplotype, 0] for chrom in found.bins}
    return {chrom: {CLASSES[word]: int(row[word]) for word in np.flatnonzero(row)} for chrom, row in counts.items()}


def member(network, rng, fold) -> Member:
    sides = [
        {"train": ["chr1"], "validation": ["chr2"], "test": ["chr3"]},
        {"train": ["chr3"], "validation": ["chr1"], "test": ["chr2"]},
    ][fold]
    return Member(
        weights={name: rng.normal(size=shape).astype(np.float32) for name, shape in network.shapes().items()},
        split=Split(SplitScheme(folds=3), sides, fold),
        seen=SeenRegions(["chr1", "chr2"], np.array([0, 0]), np.array([1000, 900])),
        counts=rng.integers(0, 9, size=(2, 65)).astype(np.uint32),
    )


def small_model(**changes) -> TrainedModel:
    rng = np.random.default_rng(1)
    encoding = KmerEncoding(k=3, size=50)
    network = NetworkConfig(vocabulary=encoding.vocabulary, words=encoding.words, embedding=4, lstm=3, dense=2)
    values = {
        "network": network,
        "members": [member(network, rng, fold) for fold in range(2)],
        "encoding": encoding,
        "both_strands": False,
        "chromosomes": {"chr1": 1000, "chr2": 900},
        "words_digest": "0" * 64,
        "metrics": {"verdict": "skill"},
        "provenance": {"version": "x"},
    }
    return TrainedModel(**(values | changes))


def another_model():
    """Networks that predict as those of the package do, but are not the same."""
    package = load_pretrained()
    [member] = package.members
    weights = {name: array * np.float32(1 + 1e-6) for name, array in member.weights.items()}
    return replace(package, members=[replace(member, weights=weights)])


def make_words(path, *, chromosomes=3, bins=600, people=2, seed=1, archaic=("A0", "A1"), vcf=None):
    """Haplotypes of known tracts of 40 to 80 bins: in them the outgroup lacks more alleles, and A0 shares those."""
    rng = np.random.default_rng(seed)
    haplotypes = [(f"P{number}", side) for number in range(people) for side in (1, 2)]
    lengths = {f"chr{number + 1}": bins * 1_000 for number in range(chromosomes)}
    digest = hashlib.sha256((vcf or str(path)).encode()).hexdigest()
    truth = {}
    with write_features(path, HaplotypeEncoding(archaic=archaic, outgroup=9), haplotypes=haplotypes, lengths=lengths,
                    provenance={}, vcf_digests=[digest]) as writer:  # fmt: skip
        for chrom in lengths:
            inside = np.zeros((len(haplotypes), bins), dtype=bool)
            for row in range(len(haplotypes)):
                first = int(rng.integers(50, bins - 150))
                inside[row, first : first + int(rng.integers(40, 80))] = True
            counts = np.zeros((len(haplotypes), bins, len(CLASSES)), dtype=np.uint8)
            counts[..., ABSENT_LACKED] = rng.poisson(0.15, inside.shape)
            counts[..., ABSENT_HOM] = rng.poisson(np.where(inside, 0.8, 0.02))
            called = counts[..., ABSENT_LACKED] + counts[..., ABSENT_HOM]
            matches = np.zeros((*inside.shape, len(archaic), 3), dtype=np.uint8)
            pairs = np.zeros((*inside.shape, len(archaic) * (len(archaic) - 1), 2), dtype=np.uint8)
            matches[..., 0] = called[..., None]
            if archaic:
                matches[..., 0, 1] = counts[..., ABSENT_HOM]
                pairs[..., : len(archaic) - 1, 0] = counts[..., ABSENT_HOM, None]  # A0 beside each of the others
            writer.begin(chrom)
            ones = np.ones(bins, dtype=np.uint16)
            missing = np.zeros(counts.shape[:2], dtype=np.uint16)
            writer.append(FeatureChunk(counts, matches, 3 * ones, 1_000 * ones, 9 * ones, missing, pairs))
            truth[chrom] = (inside * 1_000).astype(np.uint16)
            writer.label(truth[chrom])
    return truth


def write_lines(path, samples, lines, *, contigs=(("chr7", LENGTH),)):
    """Write a VCF from the columns of its records, each a text with spaces for tabs."""
    header = "".join(f"##contig=<ID={name},length={length}>\n" for name, length in contigs)
    rows = "".join(line.replace(" ", "\t") + "\n" for line in lines)
    path.write_text(f"##fileformat=VCFv4.2\n{header}{COLUMNS}" + "\t".join(samples) + "\n" + rows)
    return path


def summary(path):
    return pd.read_csv(path, sep="\t").set_index("item")["count"]


def read_vcf(path):
    """Positions, alleles and genotypes (sites, people, 2) of a VCF, and the characters between the alleles."""
    with gzip.open(path, "rt") as handle:
        rows = [line.rstrip("\n").split("\t") for line in handle if not line.startswith("##")]
    names, records = rows[0][9:], rows[1:]
    position = np.array([int(row[1]) - 1 for row in records])
    alleles = [(row[3], *row[4].split(",")) for row in records]
    calls = np.array([[[-1 if a == "." else int(a) for a in (g[0], g[2])] for g in row[9:]] for row in records])
    return names, position, alleles, calls, {g[1] for row in records for g in row[9:]}
