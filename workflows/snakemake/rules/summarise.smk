"""What a reader sees: genes and the report."""


rule genes:
    input:
        segments="results/segments.tsv",
        callable="results/segments.callable.bed",
        annotation=config["annotation"] or [],
    output:
        table="results/genes.tsv",
        bed="results/genes.bed",
    log:
        "logs/genes.log",
    benchmark:
        "benchmarks/genes.tsv"
    resources:
        mem_mb=memory("genes"),
        runtime=minutes("genes"),
    conda:
        "../envs/archaictools.yaml"
    shell:
        "archaictools genes {input.segments:q} --callable {input.callable:q} --annotation {input.annotation:q} "
        "--out {output.table:q} --bed {output.bed:q} --quiet > {log:q} 2>&1"


rule report:
    input:
        segments="results/segments.tsv",
        summary="results/people.tsv",
        callable="results/segments.callable.bed",
        deserts="results/deserts.bed",
        bigwig="results/tracks",
        genes="results/genes.tsv" if config["annotation"] else [],
        populations=config["populations"] or [],
    output:
        **REPORTS,
    params:
        given=lambda wildcards, input: flags({name: path or None for name, path in input.items()}),
        labels=repeated("--label", [f"{name}={label}" for name, label in config["labels"].items()]),
        made=lambda wildcards, output: flags(dict(output.items())),
    log:
        "logs/report.log",
    benchmark:
        "benchmarks/report.tsv"
    resources:
        mem_mb=memory("report"),
        runtime=minutes("report"),
    conda:
        "../envs/archaictools.yaml"
    shell:
        "archaictools report {params.given:q} {params.labels:q} {params.made:q} --quiet > {log:q} 2>&1"
