#!/usr/bin/env bash
# The pretrained model against HMMs on simulated people that it was not trained on: callers.sh FOLDER [MODEL [CELL ...]],
# or callers.sh FOLDER MODEL stress for the second half alone.
# One row a simulation: bases called by default (segments of 5 kb or more, posterior 0.5) and measures of bins. Then what
# real data suffer, one thing at a time. Simulations in FOLDER are not made again. About an hour on two cores.
set -euo pipefail
folder=$1 model=${2:-pretrained} chosen=("${@:3}")
mkdir -p "$folder"
threads=${GALAXY_SLOTS:-$(nproc)}

people() { # name, options of simulate
    local sim=$folder/$1
    shift
    [ -d "$sim" ] || archaictools simulate --ingroup 4 "$@" --threads "$threads" --quiet --out "$sim" > /dev/null
}
measure() { # label, simulation, none for no archaic genome, options of haplotypes; OUTGROUP=number
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

simulated() { # cell: history_outgroup_seed
    local history outgroup seed more=()
    IFS=_ read -r history outgroup seed <<< "$1"
    [ "$history" != ooa3 ] || more=(--chromosomes 5)
    people "$1" --model "$history" --outgroup "$outgroup" --seed "$seed" "${more[@]}"
}
clean() { # cells
    local cell
    for cell in "$@"; do
        simulated "$cell"
        measure "$cell" "$cell"
    done
}
stress() {
    local cell history base
    for cell in 9K19_50_1 9K19_500_1 10J19_50_1 10J19_500_1 ooa3_200_1; do
        simulated "$cell"
        measure "$cell, no archaic genome" "$cell" none
    done
    for cell in 9K19_50_1 10J19_50_1 ooa3_200_1; do
        OUTGROUP=5 measure "$cell, 5 people of the outgroup" "$cell"
        OUTGROUP=5 measure "$cell, 5 people of the outgroup, no archaic genome" "$cell" none
        measure "$cell, every person read alone" "$cell" --together 1
        measure "$cell, every person read alone, no archaic genome" "$cell" none --together 1
    done
    people 9K19_many --model 9K19 --outgroup 50 --seed 1 --length 10000000 --ingroup 100
    measure "9K19, a hundred people" 9K19_many
    measure "9K19, a hundred people, no archaic genome" 9K19_many none
    for history in 9K19 10J19; do
        base=(--model $history --outgroup 50 --seed 1)
        people ${history}_switch "${base[@]}" --switch-errors 1
        measure "$history, 1 phase switch a Mb" ${history}_switch
        people ${history}_missing "${base[@]}" --missing-archaic 0.3
        measure "$history, 30 % of archaic calls missing" ${history}_missing
        people ${history}_damage "${base[@]}" --archaic-damage 0.05
        measure "$history, 5 % of archaic C read as T, and G as A" ${history}_damage
        people ${history}_reference "${base[@]}" --missing-archaic 0.3 --archaic-only-alternate --modern-variable-only
        measure "$history, the same, read as REF" ${history}_reference --archaic-missing reference
        people ${history}_rates "${base[@]}" --mutation-variation 3
        measure "$history, mutation rate varies threefold" ${history}_rates
        people ${history}_flip "${base[@]}" --flip 0.3
        measure "$history, REF not ancestral at 30 %" ${history}_flip
        people ${history}_masked "${base[@]}" --uncallable 0.2
        measure "$history, 20 % not callable" ${history}_masked
    done
}

"${PYTHON:-python}" "$(dirname "$0")/callers.py" header
case "${chosen[*]}" in
    "")
        clean {9K19_50,10J19_50}_{1,2,3} {9K19_500,10J19_500}_{1,2} ooa3_200_1
        stress
        ;;
    stress) stress ;;
    *) clean "${chosen[@]}" ;;
esac
