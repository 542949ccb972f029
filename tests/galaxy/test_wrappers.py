"""The wrappers against the command line: the same verbs, version, options, defaults and bounds. No server is needed."""

from __future__ import annotations

import importlib
import re

import click
import pytest
from galaxy.tool_util.loader import load_tool
from galaxy.util.template import fill_template

from archaictools import __version__
from archaictools.cli.main import VERBS
from conftest import TOOLS

#: Options that a Galaxy form leaves out, and why.
LEFT_OUT = {
    "--help": "the help stands below the form",
    "--version": "the version command",
    "--threads": "GALAXY_SLOTS, which the command reads by itself",
    "--quiet": "Galaxy keeps stderr",
    "--force": "a job's folder holds no results of another run",
    "train --checkpoint": "a job's folder does not outlive it",
    "embedding --config": "it names files by their place on a disk",
    "haplotypes --individuals": "a list of names for each group is chosen in the form",
    "tokenize --seed": "nothing random",
    "predict --seed": "nothing random",
    "predict --track-line": "Galaxy's link to UCSC adds the line; with it, a BED dataset is no BED to Galaxy",
    "merge --seed": "nothing random",
    "merge --track-line": "as for predict",
    "genes --seed": "nothing random",
    "extract --seed": "nothing random",
    "candidates --seed": "nothing random",
    "report --seed": "nothing random",
}
FORMATS = {
    "bed",
    "bigbed",
    "tabular",
    "h5",
    "html",
    "json",
    "bigwig",
    "png",
    "svg",
    "binary",
    "txt",
    "zip",
    "fasta",
    "vcf",
}
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]*")


@pytest.fixture(params=VERBS)
def verb(request):
    """Each verb in turn."""
    return request.param


@pytest.fixture
def tool(verb):
    """The root element of a verb's wrapper, macros expanded."""
    return load_tool(str(TOOLS / f"{verb}.xml")).getroot()


@pytest.fixture
def options(verb):
    """Long option to click option of a verb."""
    command = importlib.import_module(f"archaictools.cli.{verb}").command
    return {option.opts[-1]: option for option in command.params if isinstance(option, click.Option)}


def tool_named(name):
    """Return what a label sees as its tool."""
    return type("Tool", (), {"name": name})


def parameters(tool):
    """Yield the form's parameters that name an option."""
    return [param for param in tool.find("inputs").iter("param") if param.get("argument")]


def test_there_is_one_wrapper_a_verb_and_nothing_else():
    assert {path.stem for path in TOOLS.glob("*.xml")} - {"macros"} == set(VERBS)
    assert not list(TOOLS.rglob("*.py"))


def test_identity(tool, verb):
    assert tool.get("id") == f"archaictools_{verb}"
    assert tool.get("name") == f"archaictools {verb}"
    assert re.fullmatch(re.escape(__version__) + r"\+galaxy\d+", tool.get("version"))
    assert float(tool.get("profile")) >= 25.0
    assert tool.get("license") == "MIT"
    requirement = tool.find("requirements/requirement")
    assert (requirement.text, requirement.get("version")) == ("archaictools", __version__)
    assert tool.find("version_command").text == "archaictools --version"
    for name in ("edam_topics", "edam_operations", "creator", "citations", "help"):
        assert tool.find(name) is not None, name


def test_every_option_is_in_the_form_and_nothing_is_made_up(tool, verb, options):
    command = FLAG.findall(tool.find("command").text)
    switches = [param.get("truevalue") for param in tool.iter("param") if param.get("truevalue")]
    used = {*command, *(flag for flag in switches if flag.startswith("--"))}
    left_out = {name.split()[-1] for name in LEFT_OUT if " " not in name or name.split()[0] == verb}
    assert used <= set(options), "the wrapper gives an option that the command does not know"
    assert set(options) - used <= left_out, "the command has an option that the wrapper does not give"
    assert not used & left_out
    assert {param.get("argument") for param in parameters(tool)} <= used


def test_a_command_does_not_overwrite_a_parameter(tool):
    lines = re.findall(r"^\s*#(?:set|for) (?!global)([^=\n]*?)(?: = | in )", tool.find("command").text, re.MULTILINE)
    made = {name for line in lines for name in re.findall(r"\$(\w+)", line)}
    assert {"link_path", "table_file"} & made
    names = {element.get("name") or element.get("argument")[2:].replace("-", "_") for element in tool.find("inputs")}
    assert not made & names


def test_defaults_and_bounds_are_those_of_the_command(tool, options):
    for param in parameters(tool):
        option, where = options[param.get("argument")], param.get("argument")
        kind = param.get("type")
        if kind in {"integer", "float"}:
            convert = int if kind == "integer" else float
            assert param.get("min") is not None, f"{where} has no lower bound"
            if param.get("value") is not None:
                assert convert(param.get("value")) == option.default, where
            else:
                assert param.get("optional") == "true", where
                assert option.to_info_dict()["default"] in {None, 0}, where
            bounds = option.type
            if isinstance(bounds, click.IntRange | click.FloatRange):
                low = convert(param.get("min"))
                assert bounds.min is None or low >= bounds.min, where
                if bounds.max is not None:
                    assert convert(param.get("max")) <= bounds.max, where
        elif kind == "select" and isinstance(option.type, click.Choice):
            values = [choice.get("value") for choice in param.findall("option")]
            assert sorted(values) == sorted(option.type.choices), where
            chosen = [choice.get("value") for choice in param.findall("option") if choice.get("selected") == "true"]
            assert chosen == [option.default], where
        elif kind == "boolean":
            assert option.is_flag, where
            assert (param.get("truevalue"), param.get("falsevalue")) == (where, ""), where
            assert param.get("checked") == "false", where
        elif kind == "data":
            assert param.get("format"), where
            if option.required:
                assert param.get("optional", "false") == "false", where


def test_outputs_have_formats_and_stay_in_the_job_folder(tool):
    outputs = tool.find("outputs")
    for data in outputs.iter("data"):
        assert data.get("format") in FORMATS or data.get("format_source"), data.get("name")
        assert data.get("from_work_dir"), f"{data.get('name')} is not taken from the job's folder"
        assert data.get("from_work_dir").startswith("outputs/"), "an input may be linked under this name"
    labels = [element.get("label") for element in outputs]
    assert len(labels) == len(set(labels))


def test_labels_name_inputs_where_there_are_some(tool):
    """A tool without datasets has no inputs to name: simulate, and embedding with the pretrained model."""
    for element in tool.find("outputs"):
        label = element.get("label")
        for inputs, start in (("data 1", "archaictools x on data 1"), ("", "archaictools x")):
            shown = fill_template(label, context={"tool": tool_named("archaictools x"), "on_string": inputs})
            assert re.fullmatch(re.escape(start) + "(: .+)?", shown), shown


def test_intervals_are_taken_wherever_bed_is(tool):
    for param in tool.find("inputs").iter("param"):
        formats = (param.get("format") or "").split(",")
        assert ("bed" in formats) <= ("interval" in formats), param.get("argument") or param.get("name")


def test_inputs_are_linked_under_the_names_of_the_history(tool):
    """Messages name files: none of a made-up name stands on the command line."""
    command = tool.find("command").text
    assert command.count("ln -s") == 1
    assert not re.findall(r"-- *'?[a-z_]+\.(?:bed|h5|txt|tsv|vcf|fa)\b", command)


def test_no_field_asks_for_a_processor(tool):
    assert not [element for element in tool.iter("resource") if "cuda" in element.get("type", "")]
    for param in tool.find("inputs").iter("param"):
        assert not re.search(r"\b(gpu|cpu|cuda|device|threads)\b", (param.get("label") or "").lower())


def test_what_is_tested(tool):
    tests = tool.findall("tests/test")
    failing = [test for test in tests if test.get("expect_failure") == "true"]
    succeeding = [test for test in tests if test.get("expect_failure") != "true"]
    assert len(succeeding) >= 2
    assert failing
    for test in succeeding:
        assert test.get("expect_num_outputs")
        looks = [*test.iter("assert_contents"), *test.findall("output[@file]"), *test.findall("assert_stdout")]
        assert looks, "a test that looks at nothing"
    for test in failing:
        code = test.get("expect_exit_code")
        assert code in {"2", "3"} or (code == "1" and test.find("section/param[@name='fail_on']") is not None)
        assert test.find("assert_stdout/has_text" if code == "1" else "assert_stderr/has_text") is not None


def test_exit_codes_are_described_and_memory_is_a_reason_of_its_own(tool):
    codes = tool.findall("stdio/exit_code")
    levels = {element.get("range"): element.get("level") for element in codes}
    assert levels == {
        ":-1": "fatal", "1": "fatal", "2": "fatal", "3": "fatal", "4": "fatal_oom", "5:136": "fatal",
        "137": "fatal_oom", "138:": "fatal",
    }  # fmt: skip
    assert all(element.get("description") for element in codes)
    assert tool.find("command").get("detect_errors") is None, "Galaxy adds a message without a description"
