"""Names of samples as people write them down: no word of a line is lost, and no name is made up."""

from __future__ import annotations

import time

import pytest

from archaictools.errors import InputError, UsageError
from archaictools.haplotypes.feature_file import open_features
from archaictools.haplotypes.sample_names import read_individuals, read_names
from archaictools.haplotypes.samples import SampleSets
from archaictools.io.vcf import open_variants
from helpers import INGROUP, OUTGROUP, write_vcf

KNOWN = frozenset({"A", "B", "C", "Mbuti 1", "Doe, J", "X/Y"})


def read(tmp_path, text):
    path = tmp_path / "names.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_names([str(path)], lambda: KNOWN)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("A\nB\n\nC", "A|B|C"),
        ("A B C\n", "A|B|C"),
        ("A\tB\tC\n", "A|B|C"),
        ("A,B;C\n", "A|B|C"),
        ("A , B ,\nC\n", "A|B|C"),
        ("A\tCEU\tEUR\tmale\nB\tCEU\tEUR\tfemale\n", "A|B"),
        ("A A\nB B\n", "A|B"),  # family and person, as PLINK writes them
        ("Mbuti 1\nDoe, J\nX/Y\n", "Mbuti 1|Doe, J|X/Y"),
        ("Mbuti 1\tMbuti\nA\tYRI\n", "Mbuti 1|A"),
        ("Mbuti 1, A\n", "Mbuti 1|A"),
        (b"\xef\xbb\xbfA\r\nB\r\n# a comment\r\n", "A|B"),
        ("A\t\n", "A"),
        ("sample\tpop\nA\tCEU\n", "sample|A"),  # whoever reads the VCF says that it has no sample 'sample'
    ],
)
def test_files_of_names(tmp_path, text, names):
    assert "|".join(read(tmp_path, text)) == names


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A\nB Z\n", "line 2: holds several words, of which B is a sample of the VCFs and Z is not; write one name"),
        ("sample pop super_pop\n", "line 1: holds several words, of which none is a sample"),
        ("FAM\tA\t0\t0\n", "line 1: holds several words, of which A is a sample of the VCFs and FAM, 0 is not"),
        ('{"outgroup": ["C"]}', "holds JSON, expected one name a line; give the file of hmmix as --individuals"),
        ("# nobody\n", "holds no name, expected one name a line"),
    ],
)
def test_lists_that_cannot_be_understood(tmp_path, text, message):
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    assert message in str(caught.value)
    assert len(str(caught.value)) < 1_500


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"outgroup": ["C"]}', "holds no list of names 'ingroup', expected"),
        ('{"ingroup": [["A"]], "outgroup": ["C"]}', "holds no list of names 'ingroup'"),
        ("[" * 100_000, "is not JSON, expected"),
        ("A\n", "is not JSON, expected"),
    ],
)
def test_individuals_that_cannot_be_understood(tmp_path, text, message):
    path = tmp_path / "individuals.json"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_individuals(path)
    assert message in str(caught.value)


def test_names_on_the_command_line(tmp_path):
    def given(*texts):
        return read_names(texts, lambda: KNOWN)

    assert given("A, B ,C") == ("A", "B", "C")
    assert given("Mbuti 1,A", "X/Y") == ("Mbuti 1", "A", "X/Y")
    assert given("A B") == ("A", "B")
    assert given("A Z") == ("A Z",)  # refused as such where the VCF is read
    with pytest.raises(InputError, match=r"people.txt: no such file, and no sample of this name"):
        given(str(tmp_path / "people.txt"))


def test_a_million_names_take_seconds(tmp_path):
    begun = time.process_time()
    many = read(tmp_path, "".join(f"S{number}\n" for number in range(1_000_000)))
    people = SampleSets(vcf=(), ingroup=many[:-1], outgroup=many[-1:])
    assert len(people.haplotypes) == 2 * 999_999
    with pytest.raises(UsageError, match="S7 is named more than once"):
        SampleSets(vcf=(), ingroup=many, outgroup=("S7",))
    columns = [f"S{number}" for number in [*range(100_000), 5]]
    with open_variants(write_vcf(tmp_path / "m.vcf", columns, [])) as variants:
        assert len(variants.columns(columns[6:-1])) == 99_994
        with pytest.raises(InputError, match="more than one sample named S5"):
            variants.columns(columns)
    assert time.process_time() - begun < 60


def test_one_file_of_hmmix_names_both_groups(ok, tmp_path):
    calls = ["0|0"] * len(OUTGROUP) + ["1|0", "0|1", "0|0"]
    vcf = write_vcf(tmp_path / "m.vcf", OUTGROUP + INGROUP, [(500, "A", ["G"], calls)])
    names = tmp_path / "individuals.json"
    names.write_text(f'{{"ingroup": ["I0", "I2"], "outgroup": {OUTGROUP[:3]}}}'.replace("'", '"'))
    result = ok("haplotypes", "--vcf", vcf, "--individuals", names, "--out", tmp_path / "w.h5")
    assert "haplotypes: 4 of 2 samples, compared with 3 outgroup" in result.out
    with open_features(tmp_path / "w.h5") as bins:
        assert bins.haplotypes == [("I0", 1), ("I0", 2), ("I2", 1), ("I2", 2)]
