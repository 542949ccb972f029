"""How work is divided into jobs, and what a job needs: from costs that were measured, and the size of the job."""

import csv
import re

#: Coefficients of the columns of resources.tsv: seconds and MB, for each unit of the size of a job.
with Path(workflow.source_path("../resources.tsv")).open() as table:
    COSTS = {row["rule"]: row for row in csv.DictReader((line for line in table if line[0] != "#"), delimiter="\t")}


def needed(what, rule_name, chromosomes, people):
    """Return the estimated ``seconds`` or ``memory`` (MB) of a job for some chromosomes and a number of people."""
    lengths = [LENGTHS[name] / 1e6 for name in chromosomes]
    mb = sum(lengths)
    size = {
        "": 1,
        "_per_person": people,
        "_per_outgroup": OUTGROUP,
        "_per_mb": max(lengths) if what == "memory" else mb,
        "_per_outgroup_mb": OUTGROUP * mb,
        "_per_person_mb": people * mb,
    }
    return sum(float(COSTS[rule_name][what + unit]) * number for unit, number in size.items())


def chunks_of(chromosomes):
    """Join neighbouring chromosomes until a job lasts ``minutes_per_job``; a short remainder joins the last chunk."""
    found = [[]]
    for name in chromosomes:
        found[-1].append(name)
        together = sum(needed("seconds", rule_name, found[-1], PEOPLE) for rule_name in ("haplotypes", "predict"))
        if together >= 60 * config["minutes_per_job"]:
            found.append([])
    rest = found.pop()
    if rest and found:
        found[-1].extend(rest)
    elif rest:
        found.append(rest)
    return {part[0] if len(part) == 1 else f"{part[0]}-{part[-1]}": part for part in found}


CHUNKS = chunks_of(LENGTHS)


def estimated(what, rule_name, people):
    """Return a function of wildcards and attempt: the estimate with its safety; a retry asks for half as much again."""

    def estimate(wildcards, attempt):
        names = CHUNKS[wildcards.chunk] if "chunk" in wildcards.keys() else list(LENGTHS)
        whole = needed(what, rule_name, names, people)
        return config["safety"][what] * whole * (1 + (attempt - 1) / 2)

    return estimate


def memory(rule_name, people=INGROUP):
    """Return mem_mb of a rule."""
    estimate = estimated("memory", rule_name, people)
    return lambda wildcards, attempt: math.ceil(estimate(wildcards, attempt))


def minutes(rule_name, people=INGROUP):
    """Return runtime of a rule in minutes, at least 5."""
    estimate = estimated("seconds", rule_name, people)
    return lambda wildcards, attempt: max(5, math.ceil(estimate(wildcards, attempt) / 60))


wildcard_constraints:
    chunk="|".join(map(re.escape, CHUNKS)),
    shard=r"[0-9]+",
