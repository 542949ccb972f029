"""Options of learning: the same values from a command line, from keywords and from a fold file."""

from __future__ import annotations

import pytest

from archaictools.errors import UsageError
from archaictools.learning.options import SplitOptions, check_split_given
from archaictools.learning.splits import SplitScheme
from archaictools.options import build


def test_split_options_make_the_scheme():
    given = {"split": "block", "block_size": 50_000, "gap": 100, "folds": 4}
    scheme = build(SplitOptions, given).scheme(seed=7)
    assert scheme == SplitScheme(method="block", block_size=50_000, gap=100, folds=4, seed=7)
    named = build(SplitOptions, {"test_chromosomes": "chr1, chr2"}).scheme(seed=1)
    assert named == SplitScheme(test_chromosomes=("chr1", "chr2"))


@pytest.mark.parametrize("value", [{"split": "half"}, {"gap": -1}, {"block_size": 0}])
def test_wrong_split_options_are_refused(value):
    with pytest.raises(UsageError, match="--" + next(iter(value)).replace("_", "-")):
        build(SplitOptions, value)


def test_options_that_contradict_each_other():
    for value in ({"folds": 2}, {"folds": 3, "test_chromosomes": ["a"]}, {"split": "random", "test_chromosomes": "a"}):
        with pytest.raises(UsageError):
            build(SplitOptions, value).scheme(seed=1)


def test_a_fold_file_is_the_whole_split(tmp_path):
    path = tmp_path / "folds.bed"
    path.write_text("chr1\t0\t10\ttrain\nchr1\t10\t20\tvalidation\nchr2\t0\t9\ttest\n")
    scheme = build(SplitOptions, {"fold_file": path}).scheme(seed=3)
    assert (scheme.method, scheme.seed, scheme.folds) == ("file", 3, 0)
    assert scheme.regions == (("chr1", 0, 10, "train"), ("chr1", 10, 20, "validation"), ("chr2", 0, 9, "test"))
    with pytest.raises(UsageError, match="leave out --gap"):
        build(SplitOptions, {"fold_file": path, "gap": 5})
    # On a command line even a default value contradicts the file.
    with pytest.raises(UsageError, match="leave out --split, --folds"):
        check_split_given(["split", "out", "fold_file", "folds"])
    check_split_given(["fold_file", "out"])
    check_split_given(["split", "folds"])
