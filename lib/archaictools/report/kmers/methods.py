"""Section on methods of k-mers: five sentences for a paper, filled with what was used, and references."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archaictools import __version__
from archaictools.learning.bootstrap import BLOCKS
from archaictools.learning.draws import DRAWS
from archaictools.report.citations import ALWAYS
from archaictools.report.kmers.motifs import FDR
from archaictools.report.kmers.numbers import interval, known, number
from archaictools.report.kmers.verdict import BASELINES, measures_of
from archaictools.report.methods import UNKNOWN, methods_section
from archaictools.report.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archaictools.report.blocks import Section
    from archaictools.report.kmers.results import KmerResults


def section(results: KmerResults) -> Section:
    """Return the section."""
    return methods_section(methods(results), tuple(_gaps(results)), cited(results))


def methods(results: KmerResults) -> tuple[str, str, str, str, str]:
    """Return five sentences in the past tense."""
    return _windows(results), _network(results), _training(results), _test(results), _explanation(results)


def _shown(value: Any, digits: int = 0) -> str:
    return number(value, digits) if known(value) else UNKNOWN


def _parameters(results: KmerResults) -> Mapping[str, Any]:
    found: Mapping[str, Any] = (results.words or results.model or {}).get("parameters") or {}
    return found


def _windows(results: KmerResults) -> str:
    parameters, words = _parameters(results), results.words
    made = (results.model or {}).get("provenance") or (words or {}).get("provenance") or {}
    version = str(made.get("version") or __version__)
    count = (
        f"{_shown(words['windows'])} windows ({_shown(words['introgressed'])} introgressed, "
        f"{_shown(words['depleted'])} depleted)"
        if words
        else "Windows"
    )
    genome = genome_name(results) or "a reference genome"
    strand = ", a k-mer and its reverse complement as one word" if parameters.get("canonical") else ""
    return (
        f"{count} of {_shown(parameters.get('size'))} bp of {genome} were read as "
        f"{_shown(parameters.get('k'))}-mers at a stride of {_shown(parameters.get('stride'))} bp{strand}, "
        f"with archaictools {version}."
    )


def genome_name(results: KmerResults) -> str | None:
    """Return the build, else the name of the file of the genome that the words record, else None."""
    if results.build != "genome":
        return results.build
    made = (results.words or {}).get("provenance") or ((results.model or {}).get("provenance") or {}).get("words") or {}
    file = (made.get("inputs") or {}).get("genome") or {}
    return str(file["name"]) if file.get("name") else None


def _network(results: KmerResults) -> str:
    network = (results.metrics or {}).get("network") or (results.model or {}).get("network") or {}
    both = "; predictions were the mean of both strands" if results.model and results.model["both_strands"] else ""
    return (
        f"The network had an embedding of {_shown(network.get('embedding'))} dimensions, a bidirectional LSTM of "
        f"{_shown(network.get('lstm'))} units in each direction and a dense layer of {_shown(network.get('dense'))} "
        f"units{both}."
    )


def _training(results: KmerResults) -> str:
    found = measures_of(results) or {}
    training, split = found.get("training") or {}, found.get("split") or {}
    if not training:
        return f"How the network was trained is {UNKNOWN}."
    folds = int(split.get("folds") or 0)
    sides = split.get("chromosomes") or {}
    if folds:
        held = f"With each of {folds} folds held out once, {folds} networks were trained"
    elif sides.get("test"):
        held = f"With {listed(sides['test'])} held out for test and {listed(sides['validation'])} for validation, "
        held += "the network was trained"
    else:
        held = f"With a split of the kind '{split.get('method', UNKNOWN)}', the network was trained"
    kept = "" if folds else f" (epoch {_shown(training.get('best_epoch'))})"
    weights = "those of the last epoch" if training.get("keep") == "last" else "those of the lowest validation loss"
    temperature = "" if folds else f" of {_shown(training.get('temperature'), 2)}"
    return (
        f"{held} by Adam and binary cross-entropy for at most {_shown(training.get('epochs'))} epochs (batches of "
        f"{_shown(training.get('batch_size'))}, learning rate {training.get('learning_rate', UNKNOWN)}, seed "
        f"{training.get('seed', UNKNOWN)}); the weights were {weights}{kept}, and probabilities were calibrated by a "
        f"temperature{temperature} fitted on the validation side."
    )


def _test(results: KmerResults) -> str:
    found = measures_of(results)
    if found is None:
        return f"The skill of the model was {UNKNOWN}."
    test, models = found["test"], found.get("models") or {}
    names = [BASELINES.get(name, name) for name in models if name != "model"]
    names = [name if name.startswith(("GC", "Random")) else name[0].lower() + name[1:] for name in names]
    beside = f", compared with baselines ({listed(names, limit=12)})" if names else ""
    return (
        f"On {number(test['n'], 0)} test windows the AUROC was {number(test['auroc'])} (95 % interval "
        f"{interval(test, 'auroc')}, {DRAWS:,} draws of {BLOCKS} blocks of the genome){beside}, with the verdict "
        f"'{found['verdict']}' and a split that the audit found {found['audit']['verdict']}."
    )


def _explanation(results: KmerResults) -> str:
    if results.positions is None and results.kmers is None:
        return "Positions and k-mers were not ranked."
    kmers = (
        f", and k-mers at positions with a small q were compared with those elsewhere by a one-sided hypergeometric "
        f"test (q at most {FDR:g})"
        if results.kmers is not None
        else ""
    )
    return (
        "The importance of positions was the skill lost when their bases were exchanged between held-out windows, with "
        f"p from permuted labels and q by Benjamini and Hochberg{kmers}."
    )


def _gaps(results: KmerResults) -> Iterator[str]:
    if not _parameters(results):
        yield "Window length and k: give kmers.h5 with --words, or the model with --model."
    if results.words is None:
        yield "Number of windows: give kmers.h5 with --words."
    if measures_of(results) is None:
        yield "Training and skill: give --metrics, --evaluation or --model."


def cited(results: KmerResults) -> tuple[str, ...]:
    """Return the keys of the works to cite, each once."""
    keys = [*ALWAYS, "lstm", "bidirectional", "embeddings", "scikit-learn"]
    if measures_of(results) is not None:
        keys.append("calibration")
    if results.positions is not None:
        keys += ["permutation", "fdr"]
    if results.kmers is not None:
        keys += ["fdr", "logos", "logomaker"]
    if results.embedding is not None:
        keys.append("umap")
    if results.track is not None or results.segments is not None:
        keys.append("igv")
    return tuple(dict.fromkeys(keys))
