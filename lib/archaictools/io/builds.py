"""Names of human genome builds, told from the lengths of chromosomes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archaictools.io.chromosomes import bare

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Name of a genome that is none of the known builds.
UNKNOWN = "genome"

#: Lengths in bp of chromosomes 1 to 22, X and Y by build.
LENGTHS = {
    "hg19": (
        249250621, 243199373, 198022430, 191154276, 180915260, 171115067, 159138663, 146364022, 141213431, 135534747,
        135006516, 133851895, 115169878, 107349540, 102531392, 90354753, 81195210, 78077248, 59128983, 63025520,
        48129895, 51304566, 155270560, 59373566,
    ),
    "hg38": (
        248956422, 242193529, 198295559, 190214555, 181538259, 170805979, 159345973, 145138636, 138394717, 133797422,
        135086622, 133275309, 114364328, 107043718, 101991189, 90338345, 83257441, 80373285, 58617616, 64444167,
        46709983, 50818468, 156040895, 57227415,
    ),
}  # fmt: skip

_NAMES = (*map(str, range(1, 23)), "X", "Y")


def build_of(lengths: Mapping[str, int]) -> str:
    """Return ``hg19`` or ``hg38``, or :data:`UNKNOWN` unless all main chromosomes have the lengths of one of them.

    Parameters
    ----------
    lengths
        Chromosome lengths in bp, by names with or without ``chr``; other contigs do not matter.

    Examples
    --------
    >>> build_of({"chr21": 48129895}), build_of({"21": 46709983, "22": 50818468}), build_of({"chr1": 5_000_000})
    ('hg19', 'hg38', 'genome')
    """
    found = {bare(name): length for name, length in lengths.items() if bare(name) in _NAMES}
    for build, known in LENGTHS.items():
        if found and all(known[_NAMES.index(name)] == length for name, length in found.items()):
            return build
    return UNKNOWN
