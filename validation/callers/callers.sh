#!/usr/bin/env bash
# Compare a model with HMMs on simulated people outside its training: callers.sh FOLDER [MODEL [CELL ...]].
# callers.sh FOLDER MODEL stress runs the second half only.
# Each row is one simulation: accuracy of called bases (default segments: 5 kb or more, posterior 0.5) and of bins.
# The second half adds one defect of real data at a time. Simulations in FOLDER are kept. About an hour on two cores.
set -euo pipefail
folder=$1 model=${2:-pretrained} chosen=("${@:3}")
mkdir -p "$folder"
threads=${GALAXY_SLOTS:-$(nproc)}

# simulate_once NAME [OPTIONS]: simulate four people, unless the folder exists.
simulate_once() {
    local sim=$folder/$1
    shift
    [ -d "$sim" ] || archaictools simulate --ingroup 4 "$@" --threads "$threads" --quiet --out "$sim" > /dev/null
}
# measure LABEL SIMULATION [none] [OPTIONS]: encode, call and print a row; none omits archaic genomes.
# OUTGROUP=N uses the first N outgroup samples.
measure() {
    local label=$1 sim=$folder/$2
    shift 2
    local files=() archaic=()
    for vcf in "$sim"/modern.*.vcf.gz; do files+=(--vcf "$vcf"); done
    for vcf in "$sim"/archaic.*.vcf.gz; do archaic+=(--archaic-vcf "$vcf"); done
    if [ "${1:-}" = none ]; then archaic=() && shift; else archaic+=(--archaic "$sim/archaic.txt"); fi
    local outgroup=$sim/outgroup.txt
    if [ -n "${OUTGROUP:-}" ]; then head -n "$OUTGROUP" "$sim/outgroup.txt" > "$folder/outgroup.txt" && outgroup=$folder/outgroup.txt; fi
    archaictools haplotypes "${files[@]}" --ingroup "$sim/ingroup.txt" --outgroup "$outgroup" "${archaic[@]}" --truth "$sim/truth.bed" \
        --callable "$sim/callable.bed" "$@" --quiet --out "$folder/words.h5" > /dev/null
    archaictools predict "$model" "$folder/words.h5" --segments "$folder/segments.tsv" --quiet > /dev/null
    archaictools evaluate "$model" "$folder/words.h5" --metrics "$folder/evaluation.json" --quiet > /dev/null
    "${PYTHON:-python}" "$(dirname "$0")/callers.py" "$label" "$folder" "$sim"
}

# simulate_cell CELL: simulate HISTORY_OUTGROUP_SEED.
simulate_cell() {
    local history outgroup seed more=()
    IFS=_ read -r history outgroup seed <<< "$1"
    [ "$history" != ooa3 ] || more=(--chromosomes 5)
    simulate_once "$1" --model "$history" --outgroup "$outgroup" --seed "$seed" "${more[@]}"
}
# measure_cells CELL ...: rows without defects.
measure_cells() {
    local cell
    for cell in "$@"; do
        simulate_cell "$cell"
        measure "$cell" "$cell"
    done
}
# stress: rows with one defect each.
stress() {
    local cell history base
    for cell in 9K19_50_1 9K19_500_1 10J19_50_1 10J19_500_1 ooa3_200_1; do
        simulate_cell "$cell"
        measure "$cell, no archaic genome" "$cell" none
    done
    for cell in 9K19_50_1 10J19_50_1 ooa3_200_1; do
        OUTGROUP=5 measure "$cell, 5 outgroup samples" "$cell"
        OUTGROUP=5 measure "$cell, 5 outgroup samples, no archaic genome" "$cell" none
        measure "$cell, each sample encoded alone" "$cell" --together 1
        measure "$cell, each sample encoded alone, no archaic genome" "$cell" none --together 1
    done
    simulate_once 9K19_many --model 9K19 --outgroup 50 --seed 1 --length 10000000 --ingroup 100
    measure "9K19, 100 ingroup samples" 9K19_many
    measure "9K19, 100 ingroup samples, no archaic genome" 9K19_many none
    for history in 9K19 10J19; do
        base=(--model $history --outgroup 50 --seed 1)
        simulate_once ${history}_switch "${base[@]}" --switch-errors 1
        measure "$history, 1 phase switch per Mb" ${history}_switch
        simulate_once ${history}_missing "${base[@]}" --missing-archaic 0.3
        measure "$history, 30 % of archaic calls missing" ${history}_missing
        simulate_once ${history}_damage "${base[@]}" --archaic-damage 0.05
        measure "$history, 5 % of archaic C called T, and G called A" ${history}_damage
        simulate_once ${history}_reference "${base[@]}" --missing-archaic 0.3 --archaic-only-alternate --modern-variable-only
        measure "$history, 30 % of archaic calls missing, read as REF" ${history}_reference --archaic-missing reference
        simulate_once ${history}_rates "${base[@]}" --mutation-variation 3
        measure "$history, mutation rate varies threefold" ${history}_rates
        simulate_once ${history}_flip "${base[@]}" --flip 0.3
        measure "$history, REF not ancestral at 30 % of sites" ${history}_flip
        simulate_once ${history}_masked "${base[@]}" --uncallable 0.2
        measure "$history, 20 % uncallable" ${history}_masked
    done
}

"${PYTHON:-python}" "$(dirname "$0")/callers.py" header
case "${chosen[*]}" in
    "")
        measure_cells {9K19_50,10J19_50}_{1,2,3} {9K19_500,10J19_500}_{1,2} ooa3_200_1
        stress
        ;;
    stress) stress ;;
    *) measure_cells "${chosen[@]}" ;;
esac
