"""The archives that would go to a ToolShed, built offline: what each contains."""

from __future__ import annotations

import shutil
import tarfile

import pytest

from archaictools.cli.main import VERBS
from conftest import ROOT, planemo

COMMON = {
    "README.rst",
    "macros.xml",
    "tool_data_table_conf.xml.sample",
    "tool-data/all_fasta.loc.sample",
    "test-data/planted.fa.gz",
    "test-data/words.h5",
    "test-data/model.h5",
}


@pytest.fixture(scope="module")
def archives(tmp_path_factory):
    """Repository name to file name to bytes, of every archive."""
    folder = tmp_path_factory.mktemp("shed")
    for name in ("tools", "test-data", "lib", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in (".shed.yml", "README.rst", "README.md", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    done = planemo("shed_upload", "--tar_only", "--shed_target", "testtoolshed", ".", cwd=folder)
    assert done.returncode == 0, done.stdout
    found = {}
    for path in folder.glob("shed_upload_*.tar.gz"):
        with tarfile.open(path) as archive:
            files = [member for member in archive if member.isfile()]
            found[path.name.removeprefix("shed_upload_").removesuffix(".tar.gz")] = {
                member.name: archive.extractfile(member).read() for member in files
            }
    return found


def test_there_is_a_repository_a_tool_and_one_for_all(archives):
    assert set(archives) == {*(f"archaictools_{verb}" for verb in VERBS), "suite_archaictools"}


@pytest.mark.parametrize("verb", VERBS)
def test_a_tool_brings_what_it_needs_and_no_more(archives, verb):
    files = archives[f"archaictools_{verb}"]
    assert set(files) >= COMMON
    rest = {name for name in files if not name.startswith("test-data/")}
    assert rest == {f"{verb}.xml", *(name for name in COMMON if not name.startswith("test-data/"))}
    assert files[f"{verb}.xml"] == (ROOT / f"tools/{verb}.xml").read_bytes()
    assert sum(map(len, files.values())) < 1_500_000


def test_the_suite_names_every_tool(archives):
    text = archives["suite_archaictools"]["repository_dependencies.xml"].decode()
    for verb in VERBS:
        assert f'name="archaictools_{verb}"' in text
