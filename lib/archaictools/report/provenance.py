"""Section on provenance: the runs that made the results, their settings and versions, and checksums of all files.

Both wings use it. What was not recorded is not guessed.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import pandas as pd

from archaictools import __version__
from archaictools.options import flag_of
from archaictools.report.blocks import Column, Facts, Notes, Section, Table, Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archaictools.report.blocks import Block

ID, TITLE = "provenance", "Provenance"

#: Inputs that a verb takes by place, in their order; others are options.
_BY_PLACE = ("model", "words")

#: Verbs whose recorded parameters are not all options of the command line, so that no command can be rebuilt.
_SETTINGS_ONLY = frozenset({"train"})

#: File of the model in the package, and the word that stands for it on a command line.
_PACKAGED = ("pretrained.h5", "pretrained")

#: Digits of a checksum that tell files apart in a text.
SHORT = 12


def provenance_section(
    records: Sequence[Mapping[str, Any]],
    files: Mapping[str, str],
    *,
    missing: Sequence[str] = (),
    to_add: str = "outputs and folders",
) -> Section:
    """Return the section.

    Parameters
    ----------
    records
        Runs in the order in which they were made, each as :func:`archaictools.provenance.record` gives it; empty
        ones are left out.
    files
        SHA-256 by ``--option NAME`` of every file of the report.
    missing
        Sentences on what is not recorded, and how to have it.
    to_add
        What the rebuilt commands lack, so that they do not run as they stand.
    """
    runs = [record for record in records if record.get("verb")]
    blocks: list[Block] = []
    facts = _facts(runs)
    if facts:
        blocks.append(Facts(items=facts))
    if runs:
        blocks += [
            Notes(title="Commands, as far as recorded", items=tuple(command_of(run) for run in runs)),
            Text(f"These commands do not run as they stand. To run them again, add {to_add}. The records lack them."),
            _table(
                "runs", _runs(runs), "Versions and libraries of the runs; runs with the same share a row.", _RUN_TITLES
            ),
            _table(
                "settings", _settings(runs), "Settings of the runs; runs with the same share a row.", _SETTING_TITLES
            ),
        ]
    inputs = _inputs(runs)
    if len(inputs):
        blocks.append(_table("inputs", inputs, "Files that the runs have read, with SHA-256.", _INPUT_TITLES))
    if files:
        blocks.append(_table("files", _files(files), "Files of this report, with SHA-256.", _FILE_TITLES))
    if missing:
        blocks.append(Notes(title="Not recorded", items=tuple(missing)))
    return Section(id=ID, title=TITLE, lead=_lead(len(runs), len(files)), blocks=tuple(blocks))


def _lead(runs: int, files: int) -> str:
    counted = f"{runs} recorded run{'' if runs == 1 else 's'} and {files} file{'' if files == 1 else 's'}"
    return f"This report was made by archaictools {__version__} from {counted}. Commands are rebuilt from the records."


def is_pretrained(record: Mapping[str, Any] | None) -> bool:
    """Whether a record of ``predict`` names the weights of this package, by their digest."""
    from archaictools.haplotypes.pretrained import pretrained_file
    from archaictools.io.files import sha256

    digest = ((record or {}).get("inputs") or {}).get("model", {}).get("sha256")
    return digest is not None and digest == sha256(pretrained_file())


def model_of(record: Mapping[str, Any] | None) -> tuple[str, str] | None:
    """Return name and SHA-256 of the model that a run has read, or None."""
    inputs = (record or {}).get("inputs")
    found = inputs.get("model") if isinstance(inputs, dict) else None
    if not isinstance(found, dict) or not found.get("sha256"):
        return None
    return str(found.get("name", "model")), str(found["sha256"])


def command_of(record: Mapping[str, Any]) -> str:
    """Return the recorded part of the command line of a run.

    Examples
    --------
    >>> command_of({"verb": "predict", "parameters": {"threshold": 0.5, "any_build": False, "min_length": None},
    ...             "inputs": {"model": {"name": "m.h5"}, "words": {"name": "my words.h5"}}})
    "archaictools predict m.h5 'my words.h5' --threshold 0.5"
    """
    verb, parameters, inputs = str(record["verb"]), record.get("parameters", {}), record.get("inputs", {})
    words = ["archaictools", verb]
    words += [_name(inputs[option]).replace(*_PACKAGED) for option in _BY_PLACE if option in inputs]
    numbered = {option: _option(option) for option in inputs if option not in _BY_PLACE}
    if verb in _SETTINGS_ONLY:
        words += [_name(inputs[option]) for option in numbered]
        return f"{shlex.join(words)} (settings below)"
    for option, name in numbered.items():
        words += [flag_of(name), _name(inputs[option])]
    for name, value in parameters.items():
        if value is True:
            words.append(flag_of(name))
        elif value is not None and value is not False:
            words += [flag_of(name), f"{value:g}" if isinstance(value, float) else str(value)]
    return shlex.join(words)


def _option(name: str) -> str:
    """Return the option of an input: ``vcf_0`` is the first ``vcf``."""
    stem, _, number = name.rpartition("_")
    return stem if stem and number.isdigit() else name


def _name(given: Mapping[str, Any]) -> str:
    return str(given.get("name", "?"))


def _facts(runs: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, str], ...]:
    facts = [("archaictools", ", ".join(dict.fromkeys(str(run["version"]) for run in runs if run.get("version"))))]
    models = [found for run in runs if (found := model_of(run))]
    facts += [("Model", f"{name}, {digest[:SHORT]}…") for name, digest in dict.fromkeys(models)]
    seeds = [(str(run["verb"]), run["parameters"]["seed"]) for run in runs if "seed" in run.get("parameters", {})]
    facts += [(f"Seed of {verb}", str(seed)) for verb, seed in seeds]
    return tuple(dict.fromkeys((name, value) for name, value in facts if value))


_RUN_TITLES = {"verb": "Run", "version": "archaictools", "python": "Python", "libraries": "Libraries"}
_SETTING_TITLES = {"verb": "Run", "setting": "Setting", "value": "Value"}
_INPUT_TITLES = {"verb": "Run", "option": "Input", "name": "File", "sha256": "SHA-256"}
_FILE_TITLES = {"option": "Input", "name": "File", "sha256": "SHA-256"}


def _runs(runs: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    rows = [
        {
            "verb": run["verb"],
            "version": run.get("version", "NA"),
            "python": run.get("python", "NA"),
            "libraries": ", ".join(f"{name} {version}" for name, version in run.get("libraries", {}).items()),
        }
        for run in runs
    ]
    return pd.DataFrame(rows, columns=list(_RUN_TITLES)).drop_duplicates(ignore_index=True)


def _settings(runs: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    rows = [
        {"verb": run["verb"], "setting": name, "value": "none" if value is None else str(value)}
        for run in runs
        for name, value in run.get("parameters", {}).items()
    ]
    return pd.DataFrame(rows, columns=list(_SETTING_TITLES)).drop_duplicates(ignore_index=True)


def _inputs(runs: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    rows = [
        {"verb": run["verb"], "option": _option(option), "name": _name(found), "sha256": found.get("sha256", "NA")}
        for run in runs
        for option, found in run.get("inputs", {}).items()
    ]
    return pd.DataFrame(rows, columns=list(_INPUT_TITLES))


def _files(files: Mapping[str, str]) -> pd.DataFrame:
    rows = []
    for key, digest in files.items():
        option, _, name = key.partition(" ")
        rows.append({"option": option, "name": name or option, "sha256": digest})
    return pd.DataFrame(rows, columns=list(_FILE_TITLES))


def _table(name: str, frame: pd.DataFrame, caption: str, titles: Mapping[str, str]) -> Table:
    columns = tuple(Column(field=field, title=title) for field, title in titles.items())
    return Table(name=f"provenance-{name}", frame=frame, columns=columns, caption=caption)
