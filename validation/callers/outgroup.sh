#!/usr/bin/env bash
# Measure what a smaller outgroup costs: outgroup.sh OUT SIMULATION [PEOPLE ...]
# SIMULATION is a folder of archaictools simulate. Its first 5, 20, 50, 100 and 500 outgroup samples are used in turn.
# Rows: precision, recall and F1 of bases at 0.5 and at 0.9, CPU seconds of haplotypes and of predict with one thread.
set -euo pipefail
out=$1 sim=$2
shift 2
sizes=("$@")
if [ ${#sizes[@]} = 0 ]; then sizes=(5 20 50 100 500); fi
here=$(realpath "$(dirname "$0")")
mkdir -p "$out"
TIMEFORMAT='%U %S'

# cpu COMMAND ...: run it with one thread and print its CPU seconds.
cpu() {
    { time "$@" --threads 1 --force --quiet > /dev/null; } 2>&1 | awk 'NF == 2 { print $1 + $2 }'
}
printf '| simulation | outgroup | archaic genome | precision, recall, F1 at 0.5 | at 0.9 | haplotypes (s) | predict (s) |\n|---|--:|---|---|---|--:|--:|\n'
for size in "${sizes[@]}"; do
    head -n "$size" "$sim/outgroup.txt" > "$out/outgroup.txt"
    for kind in yes no; do
        files=() archaic=()
        for vcf in "$sim"/modern.*.vcf.gz; do files+=(--vcf "$vcf"); done
        if [ $kind = yes ]; then
            for vcf in "$sim"/archaic.*.vcf.gz; do archaic+=(--archaic-vcf "$vcf"); done
            archaic+=(--archaic "$sim/archaic.txt")
        fi
        encode=$(cpu archaictools haplotypes "${files[@]}" --ingroup "$sim/ingroup.txt" --outgroup "$out/outgroup.txt" \
            "${archaic[@]}" --callable "$sim/callable.bed" --out "$out/haplotypes.h5")
        call=$(cpu archaictools predict pretrained "$out/haplotypes.h5" --segments "$out/segments.tsv")
        rows=()
        for threshold in 0.5 0.9; do
            rows+=("$("${PYTHON:-python}" "$here/callers.py" threshold "$out/segments.tsv" "$sim" $threshold)")
        done
        printf '| %s | %s | %s | %s | %s | %s | %s |\n' "$(basename "$sim")" "$size" $kind "${rows[0]}" "${rows[1]}" "$encode" "$call"
    done
done
