#!/usr/bin/env bash
# Train hmmix 0.9.2 and decode with -hybrid: hmmix_hybrid.sh HMMIX SIMULATION OUT [ALPHA]
# HMMIX is the result of run_hmmix.sh (its observations and mutation rates are used), SIMULATION a folder as it reads.
# hmmix 0.9.2 is on PATH; it asks for a Python below 3.11, but runs on 3.11 (pip install --no-deps --ignore-requires-python).
# ALPHA is from 0 (posterior decoding) to 1 (Viterbi). OUT/segments.bed and OUT/windows.tsv.gz are as those of run_hmmix.sh.
set -euo pipefail
before=$(realpath "$1") sim=$(realpath "$2") alpha=${4:-0.5}
mkdir -p "$3" && cd "$3"
export NUMBA_NUM_THREADS=1 OMP_NUM_THREADS=1
true > segments.part
true > windows.tsv
while read -r person; do
    options=(-obs="$before/obs.$person.txt" -weights="$sim/callable.bed" -mutrates="$before/mutationrate.bed" -haploid)
    hmmix train "${options[@]}" -out="$person.json" > /dev/null
    hmmix decode "${options[@]}" -param="$person.json" -hybrid="$alpha" -posterior_probs="$person.posterior.txt" -out="$person" > /dev/null
    for haplotype in 1 2; do
        awk -v OFS='\t' -v s="$person" -v h=$haplotype 'NR > 1 && $5 == "Archaic" { print $1, $2, $3, s, h, $6 }' \
            "$person.hap$haplotype.txt" >> segments.part
    done
    awk -v OFS='\t' -v s="$person" 'NR > 1 { split($1, c, "_hap"); print c[1], $2, $2 + 1000, s, c[2], $6 }' \
        "$person.posterior.txt" >> windows.tsv
    rm "$person.posterior.txt"
done < "$sim/ingroup.txt"
gzip -f windows.tsv
mv segments.part segments.bed
