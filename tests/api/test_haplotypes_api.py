"""``archaictools.haplotypes`` as a function: the command line's bytes, its sub-package, wrong values."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import archaictools as at
from archaictools.api.haplotypes import HaplotypesResult
from archaictools.errors import InputError, UsageError

INGROUP, OUTGROUP = ["I0", "I1"], ["O0", "O1", "O2"]


@pytest.fixture(scope="module")
def vcf(tmp_path_factory):
    path = tmp_path_factory.mktemp("people") / "p.vcf"
    header = "\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *INGROUP, *OUTGROUP])
    lines = ["##fileformat=VCFv4.2", "##contig=<ID=chr1,length=5000>", header]
    for number in range(40):
        calls = [f"{number % 2}|{number % 3 == 0:d}", "0|1", "0|0", f"0|{number % 5 == 0:d}", "0|0"]
        lines.append("\t".join(["chr1", str(100 * number + 7), ".", "A", "G", ".", "PASS", ".", "GT", *calls]))
    path.write_text("\n".join(lines) + "\n")
    return path


def test_function_and_command_line_write_the_same(ok, vcf, tmp_path):
    result = ok("haplotypes", "--vcf", vcf, "--ingroup", "I0,I1", "--outgroup", "O0,O1,O2", "--bin", 500, "--out",
                tmp_path / "a.h5", "--summary", tmp_path / "a.tsv")  # fmt: skip
    made = at.haplotypes(
        vcf=vcf, ingroup=INGROUP, outgroup=OUTGROUP, bin=500, out=tmp_path / "b.h5", summary=tmp_path / "b.tsv"
    )
    assert isinstance(made, HaplotypesResult)
    assert Path(made).read_bytes() == (tmp_path / "a.h5").read_bytes()
    assert (tmp_path / "b.tsv").read_bytes() == (tmp_path / "a.tsv").read_bytes()
    assert str(made).replace("b.h5", "a.h5") == result.out.strip()
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "b.tsv", sep="\t"), made.summary, check_dtype=False)


def test_names_as_list_text_file_and_path(vcf, tmp_path):
    names = tmp_path / "outgroup.txt"
    names.write_text("O0\nO1\nO2\n")
    (tmp_path / "hmmix.json").write_text('{"ingroup": ["I0", "I1"], "outgroup": ["O0", "O1", "O2"]}')
    ways = [
        {"ingroup": ["I0", "I1"], "outgroup": names},
        {"ingroup": ("I0", "I1"), "outgroup": str(names)},
        {"ingroup": "I0,I1", "outgroup": [names]},
        {"ingroup": pd.Series(["I0", "I1"]), "outgroup": iter(OUTGROUP)},
        {"individuals": tmp_path / "hmmix.json"},
    ]
    files = [
        Path(at.haplotypes(vcf=[vcf], **way, out=tmp_path / f"{number}.h5")).read_bytes()
        for number, way in enumerate(ways)
    ]
    assert all(other == files[0] for other in files)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bin": 0}, "--bin: 0 is not in the range"),
        ({"unphased": "maybe"}, "--unphased: 'maybe' is not one of"),
        ({"ingroup": 3}, "names of samples are int"),
        ({"ingroup": [3]}, "names of samples are list"),
        ({"ingroup": []}, "name the samples"),
        ({"ingroup": "I0,O1"}, "O1 is named more than once"),
    ],
)
def test_wrong_values(vcf, tmp_path, options, message):
    with pytest.raises(UsageError, match=message):
        at.haplotypes(**{"vcf": vcf, "ingroup": "I0", "outgroup": OUTGROUP, "out": tmp_path / "w.h5"} | options)
    assert not list(tmp_path.iterdir())


def test_missing_and_unknown_keywords(vcf, tmp_path):
    with pytest.raises(TypeError, match="out"):
        at.haplotypes(vcf=vcf, ingroup="I0", outgroup="O0")
    with pytest.raises(TypeError, match="ingroups"):
        at.haplotypes(vcf=vcf, ingroups="I0", outgroup="O0", out=tmp_path / "w.h5")
    with pytest.raises(InputError, match="no sample I9"):
        at.haplotypes(vcf=vcf, ingroup="I9", outgroup="O0", out=tmp_path / "w.h5")


#: Ways to import the sub-package and the function, in any order.
ORDERS = [
    "import archaictools as at\nfrom archaictools.haplotypes.options import EncodingOptions",
    "from archaictools.haplotypes.options import EncodingOptions\nimport archaictools as at",
    "import archaictools.haplotypes\nimport archaictools as at",
    "from archaictools.api.haplotypes import haplotypes\nimport archaictools as at",
    "from archaictools import haplotypes\nimport archaictools as at\nassert haplotypes is at.haplotypes",
    "import archaictools as at\nat.haplotypes\nfrom archaictools.haplotypes.encode import encode_vcfs",
]


@pytest.mark.parametrize("imports", ORDERS)
def test_the_sub_package_is_the_function(imports):
    """Python binds the sub-package to the function's name when a module of it is imported, before or after."""
    code = f"""{imports}
import inspect
from archaictools.haplotypes.samples import SampleSets
import archaictools.haplotypes.allele_classes
assert archaictools.haplotypes.allele_classes.CLASSES
assert list(inspect.signature(at.haplotypes).parameters)[0] == "vcf"
assert at.haplotypes.__doc__.startswith("Encode phased haplotypes")
try:
    at.haplotypes(vcf="gone.vcf", ingroup="a", outgroup="b", out="w.h5", bin=0)
except at.errors.UsageError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "--bin: 0 is not in the range" in done.stdout


def test_import_stays_light():
    code = (
        "import sys, archaictools as at; at.haplotypes.__doc__; print({'numpy', 'pandas', 'h5py'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_help_in_python():
    assert "archaic" in inspect.signature(at.haplotypes).parameters
    assert "haplotypes" in dir(at)
