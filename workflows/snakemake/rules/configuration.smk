"""The checked configuration: people, chromosomes and outputs."""

import math
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.utils import validate

validate(config, "../schemas/config.schema.yaml")


def lines_of(setting):
    """Return the words of every line that is not empty, of the file of a setting."""
    path = Path(config[setting])
    if not path.is_file():
        raise WorkflowError(f"{setting}: {path} is not a file; paths are relative to the folder of --directory")
    return [line.split() for line in path.read_text().splitlines() if line.strip()]


def read_lengths():
    """Return the length in bp of every chromosome of the configuration."""
    lengths = {row[0]: int(row[1]) for row in lines_of("chrom_sizes") if len(row) > 1 and row[1].isdigit()}
    absent = [name for name in config["chromosomes"] if name not in lengths]
    if absent:
        raise WorkflowError(f"chromosomes: {config['chrom_sizes']} has no row of {absent[0]}; give its names")
    return {name: lengths[name] for name in config["chromosomes"]}


def files_of(setting, chunk):
    """Return the files of a setting that hold a chunk; ``{chromosome}`` in a name stands for each chromosome."""
    patterns = [config[setting]] if isinstance(config[setting], str) else config[setting]
    named = [pattern.replace("{chromosome}", name) for pattern in patterns for name in CHUNKS[chunk]]
    return list(dict.fromkeys(named))


def flags(settings):
    """Return settings as options of the command line; False and None are left out."""
    given = {f"--{name.replace('_', '-')}": value for name, value in settings.items() if value not in (None, False)}
    return [str(word) for name, value in given.items() for word in ([name] if value is True else [name, value])]


def repeated(option, values):
    """Return an option with each of its values."""
    return [word for value in values for word in (option, str(value))]


LENGTHS, SHARDS = read_lengths(), config["shards"]
ALL_SHARDS = range(1, SHARDS + 1)
INGROUP, OUTGROUP = len(lines_of("ingroup")), len(lines_of("outgroup"))
GROUPS = math.ceil(INGROUP / config["haplotypes"]["together"])
if SHARDS > GROUPS:
    raise WorkflowError(
        f"shards: {SHARDS} shards of {INGROUP} people in {GROUPS} group(s) of at most "
        f"{config['haplotypes']['together']} (haplotypes: together); groups are not divided, give {GROUPS} or fewer"
    )
#: Most people of one shard.
PEOPLE = math.ceil(GROUPS / SHARDS) * math.ceil(INGROUP / GROUPS)

#: Files that say who and what is read.
NAMES = {name: config[name] for name in ("ingroup", "outgroup", "archaic", "callable") if config[name]}
#: Whether each person, or each haplotype, has a track of its own beside mean.bw and share.bw.
OWN_TRACKS, PER_PERSON = config["outputs"]["tracks"] != "mean", config["outputs"]["tracks"] == "person"
#: What is made of the joined sums, by the option of merge.
JOINED = {
    "segments": "results/segments.tsv",
    "callable": "results/segments.callable.bed",
    "summary": "results/people.tsv",
    "deserts": "results/deserts.bed",
    "mean": temp("parts/mean.bw"),
    "share": temp("parts/share.bw"),
} | {name: f"results/segments.{end}" for name, end in (("bed", "bed"), ("bigbed", "bb")) if config["outputs"][name]}
#: What report makes, by its option.
REPORTS = ({"out": "results/report.html"} if config["outputs"]["report"] else {}) | (
    {"hub": directory("results/hub")} if config["outputs"]["hub"] else {}
)
RESULTS = ["results/tracks", *REPORTS.values(), *(path for path in JOINED.values() if path.startswith("results"))]
if config["annotation"]:
    RESULTS += ["results/genes.tsv", "results/genes.bed"]
