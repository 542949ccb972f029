#!/usr/bin/env bash
# The pretrained model against HMMs on simulated people that it was not trained on: callers.sh FOLDER
# One row a simulation: bases called by default (segments of 5 kb or more, posterior 0.5) and measures of bins. Then what
# real data suffer, one thing at a time. Simulations in FOLDER are not made again. About half an hour on two cores.
set -euo pipefail
folder=$1
mkdir -p "$folder"
threads=${GALAXY_SLOTS:-$(nproc)}

people() { # name, options of simulate
    local sim=$folder/$1
    shift
    [ -d "$sim" ] || archaictools simulate "$@" --ingroup 4 --threads "$threads" --quiet --out "$sim" > /dev/null
}
measure() { # label, simulation, options of haplotypes
    local label=$1 sim=$folder/$2
    shift 2
    local files=() archaic=()
    for vcf in "$sim"/modern.*.vcf.gz; do files+=(--vcf "$vcf"); done
    for vcf in "$sim"/archaic.*.vcf.gz; do archaic+=(--archaic-vcf "$vcf"); done
    if [ "${1:-}" = none ]; then archaic=() && shift; else archaic+=(--archaic "$sim/archaic.txt"); fi
    local outgroup=$sim/outgroup.txt
    if [ -n "${OUTGROUP:-}" ]; then head -n "$OUTGROUP" "$sim/outgroup.txt" > "$folder/outgroup.txt" && outgroup=$folder/outgroup.txt; fi
    archaictools haplotypes "${files[@]}" --ingroup "$sim/ingroup.txt" --outgroup "$outgroup" "${archaic[@]}" \
        --truth "$sim/truth.bed" --callable "$sim/callable.bed" "$@" --quiet --out "$folder/words.h5" > /dev/null
    archaictools predict pretrained "$folder/words.h5" --segments "$folder/segments.tsv" --quiet > /dev/null
    archaictools evaluate "${MODEL:-pretrained}" "$folder/words.h5" --metrics "$folder/evaluation.json" --quiet > /dev/null
    "${PYTHON:-python}" "$(dirname "$0")/callers.py" "$label" "$folder" "$sim"
}

"${PYTHON:-python}" "$(dirname "$0")/callers.py" header
for seed in 1 2 3; do
    people 9K19_50_$seed --model 9K19 --outgroup 50 --seed $seed && measure "9K19, 50, seed $seed" 9K19_50_$seed
    people 10J19_50_$seed --model 10J19 --outgroup 50 --seed $seed && measure "10J19, 50, seed $seed" 10J19_50_$seed
done
for seed in 1 2; do
    people 9K19_500_$seed --model 9K19 --outgroup 500 --seed $seed && measure "9K19, 500, seed $seed" 9K19_500_$seed
    people 10J19_500_$seed --model 10J19 --outgroup 500 --seed $seed && measure "10J19, 500, seed $seed" 10J19_500_$seed
done
people ooa3_200_1 --model ooa3 --outgroup 200 --chromosomes 5 --seed 1 && measure "ooa3, 200, 5 x 20 Mb" ooa3_200_1

for cell in 9K19_50_1 9K19_500_1 10J19_50_1 10J19_500_1 ooa3_200_1; do
    measure "$cell, no archaic genome" $cell none
done
for cell in 9K19_50_1 10J19_50_1 ooa3_200_1; do OUTGROUP=5 measure "$cell, 5 people of the outgroup" $cell; done
for model in 9K19 10J19; do
    base=(--model $model --outgroup 50 --seed 1)
    people ${model}_switch "${base[@]}" --switch-errors 1 && measure "$model, 1 phase switch a Mb" ${model}_switch
    people ${model}_missing "${base[@]}" --missing-archaic 0.3 && measure "$model, 30 % of archaic calls missing" ${model}_missing
    people ${model}_reference "${base[@]}" --missing-archaic 0.3 --archaic-only-alternate --modern-variable-only \
        && measure "$model, the same, read as REF" ${model}_reference --archaic-missing reference
    people ${model}_rates "${base[@]}" --mutation-variation 3 && measure "$model, mutation rate varies threefold" ${model}_rates
    people ${model}_flip "${base[@]}" --flip 0.3 && measure "$model, REF not ancestral at 30 %" ${model}_flip
    people ${model}_masked "${base[@]}" --uncallable 0.2 && measure "$model, 20 % not callable" ${model}_masked
done
