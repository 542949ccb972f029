#!/usr/bin/env bash
# Compare the pretrained model with hmmix on the same simulated people: yardstick.sh YARDSTICK OUT [CELL ...]
# YARDSTICK contains simulate.py, run_hmmix.sh and score.py. Others than the model's authors wrote them.
# PYTHON2 is a Python with msprime, stdpopsim and hmmix 0.8.0; bcftools, vcftools and tabix are on PATH (Debian packages).
# A cell is MODEL_OUTGROUP_SEED or MODEL_OUTGROUP_SEED_CHROMOSOMES. Simulations and hmmix results in OUT are kept.
set -euo pipefail
yardstick=$(realpath "$1") out=$2
shift 2
cells=("$@")
if [ ${#cells[@]} = 0 ]; then
    cells=(9K19_50_1 9K19_50_2 9K19_50_3 9K19_500_1 9K19_500_2 9K19_500_3 10J19_50_1 10J19_50_2 10J19_50_3 10J19_500_1 10J19_500_2 ooa3_200_1_5)
fi
mkdir -p "$out" && out=$(realpath "$out")
here=$(realpath "$(dirname "$0")")
other=$(realpath "$(dirname "${PYTHON2:?must name a Python with hmmix}")")
threads=${GALAXY_SLOTS:-$(nproc)}

# timed FILE COMMAND: append seconds and peak memory (KiB) of a command to a file.
timed() {
    local file=$1
    shift
    /usr/bin/time -a -f '%e %M' -o "$file" "$@" > /dev/null
}
# ours NAME SIMULATION [OPTIONS]: encode and call with archaictools.
ours() {
    local to=$out/$1 sim=$2 files=() vcf
    shift 2
    for vcf in "$sim"/modern.*.vcf.gz; do files+=(--vcf "$vcf"); done
    rm -f "$to.times"
    timed "$to.times" archaictools haplotypes "${files[@]}" --ingroup "$sim/ingroup.txt" --outgroup "$sim/outgroup.txt" "$@" \
        --threads "$threads" --quiet --out "$to.words.h5"
    timed "$to.times" archaictools predict "${MODEL:-pretrained}" "$to.words.h5" --segments "$to.segments.tsv" --table "$to.table.tsv" \
        --threads "$threads" --quiet
    tail -n +2 "$to.segments.tsv" | cut -f1-6 > "$to.calls.bed"
    tail -n +2 "$to.table.tsv" | cut -f1-6 | gzip -1 > "$to.windows.tsv.gz"
    rm "$to.table.tsv" "$to.words.h5"
}
# score SIMULATION CALLS WINDOWS RESULT: measure calls with the yardstick.
score() {
    "$other/python" "$yardstick/score.py" --sim "$1" --calls "$2" --windows "$3" --json "$4" > /dev/null
}

for cell in "${cells[@]}"; do
    IFS=_ read -r model people seed chromosomes <<< "$cell"
    sim=$out/$cell
    if [ ! -f "$sim/meta.json" ]; then
        "$other/python" "$yardstick/simulate.py" --model "$model" --n-outgroup "$people" --seed "$seed" \
            --n-chrom "${chromosomes:-1}" --out "$sim" > /dev/null
    fi
    if [ ! -f "$out/$cell.hmmix.json" ]; then
        PATH=$other:$PATH bash "$yardstick/run_hmmix.sh" "$sim" "$out/$cell.hmmix" > /dev/null
        score "$sim" "$out/$cell.hmmix/segments.bed" "$out/$cell.hmmix/windows.tsv.gz" "$out/$cell.hmmix.json"
    fi
    archaic=()
    for vcf in "$sim"/archaic.*.vcf.gz; do archaic+=(--archaic-vcf "$vcf"); done
    ours "$cell.archaic" "$sim" "${archaic[@]}" --archaic "$sim/archaic.txt"
    ours "$cell.alone" "$sim"
    for kind in archaic alone; do
        score "$sim" "$out/$cell.$kind.calls.bed" "$out/$cell.$kind.windows.tsv.gz" "$out/$cell.$kind.json"
    done
    printf '%s\n' "$cell" >&2
done
"${PYTHON:-python}" "$here/yardstick.py" "$out" "${cells[@]}" | tee "$out/table.md"
