"""The parts, joined: first the shards of a chunk, then the chunks."""


rule join_shards:
    input:
        expand("parts/{{chunk}}/{shard}/sums.h5", shard=ALL_SHARDS),
    output:
        temp("parts/{chunk}/sums.h5"),
    log:
        "logs/join_shards/{chunk}.log",
    benchmark:
        "benchmarks/join_shards/{chunk}.tsv"
    resources:
        mem_mb=memory("join_shards"),
        runtime=minutes("join_shards"),
    conda:
        "../envs/archaictools.yaml"
    shell:
        "archaictools merge {input:q} --out {output:q} --quiet > {log:q} 2>&1"


rule join_chunks:
    input:
        expand("parts/{chunk}/sums.h5", chunk=CHUNKS),
    output:
        **JOINED,
    params:
        made=lambda wildcards, output: flags(dict(output.items())),
    log:
        "logs/join_chunks.log",
    benchmark:
        "benchmarks/join_chunks.tsv"
    resources:
        mem_mb=memory("join_chunks"),
        runtime=minutes("join_chunks"),
    conda:
        "../envs/archaictools.yaml"
    shell:
        "archaictools merge {input:q} {params.made:q} --quiet > {log:q} 2>&1"


rule join_own_tracks:
    input:
        expand("parts/{chunk}/{{shard}}/tracks", chunk=CHUNKS),
    output:
        temp(directory("parts/tracks/{shard}")),
    log:
        "logs/join_own_tracks/{shard}.log",
    benchmark:
        "benchmarks/join_own_tracks/{shard}.tsv"
    resources:
        mem_mb=memory("join_own_tracks", PEOPLE),
        runtime=minutes("join_own_tracks", PEOPLE),
    conda:
        "../envs/archaictools.yaml"
    shell:
        "archaictools merge {input:q} --out {output:q} --quiet > {log:q} 2>&1"


rule tracks:
    input:
        mean=rules.join_chunks.output.mean,
        share=rules.join_chunks.output.share,
        own=expand("parts/tracks/{shard}", shard=ALL_SHARDS) if OWN_TRACKS else [],
    output:
        directory("results/tracks"),
    log:
        "logs/tracks.log",
    resources:
        mem_mb=100,
        runtime=5,
    conda:
        "../envs/archaictools.yaml"
    shell:
        """
        exec > {log:q} 2>&1
        mkdir -p {output:q}
        for folder in {input.own:q}; do
            cp "$folder"/*.bw {output:q}
        done
        cp {input.mean:q} {input.share:q} {output:q}
        """
