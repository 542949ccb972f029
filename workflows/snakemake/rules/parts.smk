"""One part of the work: a chunk of chromosomes and a shard of people.

Both rules are one group, so that they are one job of a cluster.
"""


rule haplotypes:
    input:
        vcf=lambda wildcards: files_of("vcf", wildcards.chunk),
        archaic_vcf=lambda wildcards: files_of("archaic_vcf", wildcards.chunk),
        names=list(NAMES.values()),
    output:
        features=temp("parts/{chunk}/{shard}/haplotypes.h5"),
        records="parts/{chunk}/{shard}/records.tsv",
    params:
        vcf=lambda wildcards, input: repeated("--vcf", input.vcf),
        archaic_vcf=lambda wildcards, input: repeated("--archaic-vcf", input.archaic_vcf),
        names=flags(NAMES),
        chromosomes=lambda wildcards: ",".join(CHUNKS[wildcards.chunk]),
        shards=SHARDS,
        options=flags(config["haplotypes"]),
    log:
        "logs/haplotypes/{chunk}.{shard}.log",
    benchmark:
        "benchmarks/haplotypes/{chunk}.{shard}.tsv"
    group:
        "part"
    threads: 1
    resources:
        mem_mb=memory("haplotypes", PEOPLE),
        runtime=minutes("haplotypes", PEOPLE),
    conda:
        "../envs/archaictools.yaml"
    shell:
        "archaictools haplotypes {params.vcf:q} {params.archaic_vcf:q} {params.names:q} {params.options:q} "
        "--chromosomes {params.chromosomes:q} --people-shard {wildcards.shard}/{params.shards} "
        "--out {output.features:q} --summary {output.records:q} --threads {threads} --quiet > {log:q} 2>&1"


rule predict:
    input:
        features=rules.haplotypes.output.features,
        model=[] if config["model"] == "pretrained" else config["model"],
    output:
        sums="parts/{chunk}/{shard}/sums.h5",
        tracks=[directory("parts/{chunk}/{shard}/tracks")] if OWN_TRACKS else [],
    params:
        model=config["model"],
        tracks=lambda wildcards, output: flags({"bigwig": output.tracks or None, "per_person": PER_PERSON}),
        options=flags(config["predict"]),
    log:
        "logs/predict/{chunk}.{shard}.log",
    benchmark:
        "benchmarks/predict/{chunk}.{shard}.tsv"
    group:
        "part"
    threads: 1
    resources:
        mem_mb=memory("predict", PEOPLE),
        runtime=minutes("predict", PEOPLE),
    conda:
        "../envs/archaictools.yaml"
    shell:
        "archaictools predict {params.model:q} {input.features:q} --sums {output.sums:q} {params.tracks:q} "
        "{params.options:q} --threads {threads} --quiet > {log:q} 2>&1"
