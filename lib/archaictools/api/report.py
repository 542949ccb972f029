"""``archaictools.report``: one HTML page of results, and a hub for genome browsers."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archaictools.alphabet import Alphabet
from archaictools.api.inputs import alphabet_of, file_of, listed
from archaictools.api.keywords import keywords
from archaictools.api.result import FileResult, Result
from archaictools.errors import UsageError
from archaictools.options import INPUT, OUTPUT, RunOptions, check_alphabet, flag_of, option

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archaictools.io.files import StagedOutputs
    from archaictools.report.blocks import Page
    from archaictools.report.kmers.results import KmerResults
    from archaictools.report.people.results import PeopleResults


class ResultInput(click.ParamType[Any]):
    """A file; in Python also a result of a verb, or a table in memory."""

    name = "path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path, or what is in memory."""
        if isinstance(value, str | os.PathLike) and not isinstance(value, Result):
            return INPUT.convert(value, param, ctx)
        import pandas as pd

        if isinstance(value, Result | pd.DataFrame):
            return value
        return self.fail(f"is {type(value).__name__}, expected a path, a result or a table", param, ctx)


RESULT = ResultInput()
#: Inputs of which people have one for each part of a run.
SEVERAL = ("words", "record")
FOLDER_OR_FILE = click.Path(exists=True, path_type=Path)


def labels(value: object) -> tuple[str, ...]:
    """Return labels as texts ``NAME=LABEL``; a mapping is allowed, too.

    Examples
    --------
    >>> labels({"ARC000": "Neanderthal"}), labels("ARC000=Neanderthal"), labels(("A=Altai", "D=Denisova"))
    (('ARC000=Neanderthal',), ('ARC000=Neanderthal',), ('A=Altai', 'D=Denisova'))
    """
    if isinstance(value, dict):
        value = [f"{name}={label}" for name, label in value.items()]
    found = (value,) if isinstance(value, str) else tuple(map(str, value))  # type: ignore[call-overload]
    names: set[str] = set()
    for text in found:
        name, _, label = text.partition("=")
        if not name or not label.strip() or not label.isprintable():
            raise UsageError(f"--label {text!r} is not NAME=LABEL, such as ARC000=Neanderthal")
        if name in names:
            raise UsageError(f"--label names {name!r} twice, expected one label for each archaic genome")
        names.add(name)
    return found


@dataclass(frozen=True, kw_only=True)
class ReportInputs:
    """The results to show; each is an output of the verb that the help names."""

    words: tuple[Any, ...] = option(
        (),
        type=RESULT,
        multiple=True,
        parse=listed,
        help="File of haplotypes or of k-mers. Haplotypes: repeat it for the chromosomes of other files.",
    )
    bigwig: Path | None = option(
        None, type=FOLDER_OR_FILE, help="Track of predict --bigwig. Haplotypes: the folder of tracks."
    )
    genes: Any = option(None, type=RESULT, help="Table of genes --out.")
    candidates: Any = option(None, type=RESULT, only=Alphabet.VARIANT, help="Table of candidates --out.")
    evaluation: Any = option(None, type=RESULT, help="JSON of evaluate --metrics, on the same data.")
    record: tuple[Path, ...] = option(
        (),
        type=INPUT,
        multiple=True,
        help="JSON of predict --record. Haplotypes: repeat it for other parts of the run.",
    )
    segments: Any = option(None, type=RESULT, only=Alphabet.VARIANT, help="Table of predict --segments; required.")
    summary: Any = option(None, type=RESULT, only=Alphabet.VARIANT, help="Table of predict --summary.")
    callable: Path | None = option(
        None,
        type=INPUT,
        only=Alphabet.VARIANT,
        help="BED of predict --callable [default: NAME.callable.bed in the folder of --segments].",
    )
    deserts: Path | None = option(None, type=INPUT, only=Alphabet.VARIANT, help="BED of predict --deserts.")
    populations: Any = option(
        None, type=RESULT, only=Alphabet.VARIANT, help="TSV with the columns sample and population."
    )
    label: tuple[str, ...] = option(
        (),
        multiple=True,
        parse=labels,
        only=Alphabet.VARIANT,
        help="Label of an archaic genome, NAME=LABEL. 'Neanderthal' or 'Denisovan' in the label sets its colour.",
    )
    model: Any = option(None, type=RESULT, only=Alphabet.KMER, help="The model (train --model).")
    metrics: Any = option(None, type=RESULT, only=Alphabet.KMER, help="JSON of train --metrics.")
    history: Any = option(None, type=RESULT, only=Alphabet.KMER, help="Table of train --history.")
    predictions: Any = option(
        None, type=RESULT, only=Alphabet.KMER, help="Table of train --predictions, on held-out windows."
    )
    positions: Any = option(None, type=RESULT, only=Alphabet.KMER, help="Table of importance --positions.")
    kmers: Any = option(None, type=RESULT, only=Alphabet.KMER, help="Table of importance --kmers.")
    attribution: Path | None = option(None, type=INPUT, only=Alphabet.KMER, help="bigWig of importance --attribution.")
    umap: Any = option(None, type=RESULT, only=Alphabet.KMER, help="Table of embedding --umap.")
    bed: Path | None = option(None, type=INPUT, only=Alphabet.KMER, help="Segments of predict --bed.")


@dataclass(frozen=True, kw_only=True)
class ReportFiles:
    """The outputs."""

    out: Path | None = option(None, type=OUTPUT, help="The page: one HTML file, which needs no network.")
    hub: Path | None = option(
        None, type=OUTPUT, help="New folder of a UCSC track hub, with igv_session.xml for the IGV desktop program."
    )
    title: str | None = option(None, help="Title of the page.")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ReportResult(FileResult):
    """A page of results.

    Attributes
    ----------
    path
        The HTML file, or None if only a hub was written.
    hub
        The folder of the hub, or None.
    sections
        Titles of the sections of the page, in order.
    absent
        Titles of the sections that are left out, with the reason.
    """

    NO_FILE = "the report has no file; give report() an `out`"

    hub: Path | None
    sections: tuple[str, ...]
    absent: Mapping[str, str]


@keywords(inputs=ReportInputs, files=ReportFiles, run=RunOptions)
def report(*, inputs: ReportInputs, files: ReportFiles, run: RunOptions) -> ReportResult:
    """Show results of people or of k-mers in one HTML page with a genome browser.

    Every input is a file, the result of the verb, or a table in memory. An input that is not given leaves its section
    out, and the page names the command that makes it.

    Returns
    -------
    ReportResult
        The page, and what it contains.

    Raises
    ------
    InputError
        If a file cannot be understood, or if files do not belong together.
    UsageError
        If no output is named, if ``segments`` of people is missing, or if an option is for the other alphabet.

    Examples
    --------
    >>> import archaictools as at
    >>> calls = at.predict(model="pretrained", words="haplotypes.h5")  # doctest: +SKIP
    >>> at.report(words="haplotypes.h5", segments=calls, out="report.html")  # doctest: +SKIP
    """
    from archaictools.io.files import StagedOutputs
    from archaictools.report.page import write

    del run
    if not files.out and not files.hub:
        raise UsageError("name at least one output: --out or --hub")
    alphabet = _alphabet(inputs)
    check_alphabet(alphabet, inputs)
    with ExitStack() as stack, StagedOutputs() as outputs:
        target = outputs.stage(files.out) if files.out else None
        folder = outputs.stage_folder(files.hub) if files.hub else None
        if alphabet is Alphabet.VARIANT:
            page = _of_people(inputs, files.title, stack, outputs, folder, needed=target is not None)
        else:
            page = _of_kmers(inputs, files.title, stack, folder, needed=target is not None)
        if target and page:
            write(target, page)
        size = target.stat().st_size if target and page else 0
    sections = tuple(section.title for section in page.sections) if page else ()
    absent = {section.title: section.how for section in page.absent} if page else {}
    return ReportResult(
        path=files.out,
        hub=files.hub,
        sections=sections,
        absent=absent,
        facts=_facts(files, sections, absent, size),
    )


def _facts(files: ReportFiles, sections: tuple[str, ...], absent: Mapping[str, str], size: int) -> dict[str, str]:
    facts = {}
    if files.out:
        facts["report"] = f"{files.out} ({size / 1e6:.1f} MB, {len(sections)} sections)"
    if absent:
        facts["left out"] = f"{', '.join(absent)} (the page names the missing inputs)"
    if files.hub:
        facts["hub"] = str(files.hub)
    return facts


def _alphabet(inputs: ReportInputs) -> Alphabet:
    """Return the alphabet of the words; without them, that of the other inputs."""
    if inputs.words:
        return alphabet_of(inputs.words[0])
    people = (inputs.segments, inputs.summary, inputs.callable, inputs.deserts, inputs.populations, inputs.candidates)
    return Alphabet.VARIANT if any(each is not None for each in people) else Alphabet.KMER


def _of_people(
    inputs: ReportInputs,
    title: str | None,
    stack: ExitStack,
    outputs: StagedOutputs,
    folder: Path | None,
    *,
    needed: bool,
) -> Page | None:
    from archaictools.api.predictions import HaplotypePredictions
    from archaictools.report.people.loading import PeopleFiles, callable_path, load_people_results
    from archaictools.report.people.page import people_page

    if inputs.segments is None:
        raise UsageError("--segments is missing: the table of predict --segments")
    summary, bigwig = inputs.summary, inputs.bigwig
    if isinstance(inputs.segments, HaplotypePredictions):
        summary = inputs.segments.people if summary is None else summary
        bigwig = bigwig or inputs.segments.files.bigwig
    paths = _paths(inputs, stack, segments=inputs.segments, summary=summary, words=None, record=None)
    named = {each.name for each in fields(PeopleFiles)} - {"labels", "bigwig", *SEVERAL}
    given = {name: path for name, path in paths.items() if name in named}
    words = tuple(_path(each, "words", stack) for each in inputs.words)
    known = dict(text.split("=", 1) for text in inputs.label)
    named_files = PeopleFiles(**given, words=words, record=inputs.record, bigwig=bigwig, labels=known)
    if regions := callable_path(named_files):
        outputs.keep(regions)
    results: PeopleResults = load_people_results(named_files)
    if folder:
        from archaictools.report.hub import write_hub

        write_hub(folder, results)
    return people_page(results, title=title) if needed else None


def _of_kmers(
    inputs: ReportInputs, title: str | None, stack: ExitStack, folder: Path | None, *, needed: bool
) -> Page | None:
    from archaictools.report.kmers.loading import KmerFiles, load_kmer_results
    from archaictools.report.kmers.page import kmer_page

    several = [name for name in SEVERAL if len(getattr(inputs, name)) > 1]
    if several:
        raise UsageError(f"{flag_of(several[0])} is given more than once; k-mers have one file of it")
    one = {name: given[0] if (given := getattr(inputs, name)) else None for name in SEVERAL}
    paths = _paths(inputs, stack, **one)
    if not paths and not inputs.bigwig:
        raise UsageError("name at least one result to show, such as --segments (people) or --evaluation (k-mers)")
    results: KmerResults = load_kmer_results(KmerFiles(**paths))
    if folder:
        from archaictools.report.hub import write_hub

        write_hub(folder, results)
    return kmer_page(results, title=title) if needed else None


def _paths(inputs: ReportInputs, stack: ExitStack, **replaced: object) -> dict[str, Path]:
    """Return every input that was given as a file; what is in memory is written to a temporary folder."""
    found = {}
    for each in fields(inputs):
        given = replaced.get(each.name, getattr(inputs, each.name))
        if given is not None and each.name != "label":
            found[each.name] = _path(given, each.name, stack)
    return found


def _path(given: object, name: str, stack: ExitStack) -> Path:
    import tempfile

    import pandas as pd

    from archaictools.io.tables import write_table

    if isinstance(given, pd.DataFrame):
        path = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="archaictools-"))) / f"{name}.tsv"
        write_table(path, given)
        return path
    if isinstance(given, Path) and given.is_dir():
        return given
    return stack.enter_context(file_of(given, name))
