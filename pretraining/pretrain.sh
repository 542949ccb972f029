#!/usr/bin/env bash
# Train the model that ships with the package, from simulated people alone: pretrain.sh FOLDER MODEL
# Files that FOLDER already contains are kept, and an interrupted training resumes. README.md lists stages and times.
# Every haplotype is encoded with archaic genomes and without them.
set -euo pipefail
folder=$1 model=$2
here=$(realpath "$(dirname "$0")")
threads=${THREADS:-${GALAXY_SLOTS:-$(nproc)}}
mkdir -p "$folder"/{first,second,third,fourth,fifth}/alone && folder=$(realpath "$folder")
export here

# encode SIMULATION OUTGROUP_SAMPLES SAMPLES_TOGETHER OUT [OPTIONS]: words of one simulation.
encode() {
    archaictools haplotypes --vcf "$1/modern.chr1.vcf.gz" --ingroup "$1/ingroup.txt" --outgroup "$(head -n "$2" "$1/outgroup.txt" | paste -sd,)" \
        --together "$3" --truth "$1/truth.bed" --threads 1 --quiet --out "$4" "${@:5}" > /dev/null
}
# prepare FOLDER TOGETHER HISTORY OUTGROUP SEED ENCODINGS [OPTIONS]: simulate 20 Mb of 12 people and encode them.
# TOGETHER is a comma-separated list of --together values, used in turn. ENCODINGS and OPTIONS: see simulations.tsv.
prepare() {
    local folder=$1 together=(${2//,/ }) history=$3 outgroup_samples=$4 seed=$5 encodings=$6 turn=$5
    shift 6
    local sim=$folder/${history}_o${outgroup_samples}_s${seed} demography=$history encoding
    [ ! -f "$here/$history.yaml" ] || demography=$here/$history.yaml
    if [ ! -d "$sim" ]; then
        if [[ $history = random* ]]; then
            local kind=${history#random}
            # shellcheck disable=SC2046,SC2086
            set -- $("${PYTHON:-python}" "$here/random_histories.py" "$seed" "$folder" ${kind#_}) "$@"
            demography=$folder/${history}_$seed.yaml
        fi
        archaictools simulate --model "$demography" --outgroup "$outgroup_samples" --ingroup 12 --archaic 2 --seed "$seed" --threads 1 \
            --quiet --out "$sim" "$@" > /dev/null
    fi
    for encoding in ${encodings//,/ }; do
        local outgroup=${encoding%:*} archaic=${encoding#*:}
        local words=${sim##*/}.n$outgroup.h5
        local with_archaic=${together[turn++ % ${#together[@]}]} alone=${together[turn++ % ${#together[@]}]}
        [ -f "$folder/$words" ] || encode "$sim" "$outgroup" "$with_archaic" "$folder/$words" \
            --archaic-vcf "$sim/archaic.chr1.vcf.gz" --archaic "$(head -n "$archaic" "$sim/archaic.txt" | paste -sd,)"
        [ -f "$folder/alone/$words" ] || encode "$sim" "$outgroup" "$alone" "$folder/alone/$words"
    done
    printf '%s\n' "${sim##*/}" >&2
}
export -f encode prepare

# prepare_all TRAINING TOGETHER: every simulation that simulations.tsv lists for a training.
prepare_all() {
    awk -F'\t' -v training="$1" 'NR > 1 && index("," $1 ",", "," training ",") { print $2, $3, $4, $6 ($5 == "" ? "" : " " $5) }' \
        "$here/simulations.tsv" | xargs -P "$threads" -L 1 bash -c 'set -euo pipefail; prepare "$@"' prepare "$folder/$1" "$2"
}
prepare_all first 12
# The second training encodes some of the first simulations again, with other numbers of samples encoded together.
for sim in "$folder"/first/*_s*/; do ln -sfn "../first/$(basename "$sim")" "$folder/second/"; done
prepare_all second 4,12,4,1,12,4,2,12

# Held out from all trainings.
test=9K19_o60_s212/chr1,structured_o100_s206/chr1,10J19_o60_s223/chr1
validation=ooa3_o100_s202/chr1,10J19_o60_s212/chr1,structured_o100_s205/chr1,10J19_o60_s133/chr1,9K19_o60_s133/chr1,9K19_o500_s115/chr1

long=$folder/long.h5
if [ ! -f "$long" ]; then
    # --archaic-absent makes the training inputs without archaic genomes: their counts equal those with uncalled archaic
    # genotypes. So only the validation files come from "alone".
    "${TORCH:-python}" "$here/pretrain_gpu.py" "$folder"/first/*.n*.h5 \
        "$folder"/first/alone/{ooa3_o100_s202,10J19_o60_s212.n60,structured_o100_s205.n30,10J19_o60_s133,9K19_o60_s133,9K19_o500_s115,ooa3_o200_s212.n200}*.h5 \
        --test-chromosomes $test --validation-chromosomes $validation --archaic-absent 0.45 --epochs 57.6 \
        --learning-rate 0.004 --model "$long"
fi
mkdir -p "$folder/training"
# train NAME OPTIONS: one training on the second set of words.
train() {
    archaictools train "$folder"/second/{,alone/}*.n*.h5 --seed 11 --test-chromosomes $test --validation-chromosomes $validation \
        --threads "$threads" --metrics "$folder/training/$1.json" --history "$folder/training/$1.tsv" "${@:2}"
}
once=$folder/once.h5
if [ ! -f "$once" ]; then
    train once --start-from "$long" --learning-rate 0.001 --epochs 2 --patience 0 --keep last --no-sharing \
        --checkpoint "$folder/training/checkpoint" --model "$once"
fi
# The second network refines scores of haplotypes that share very rare alleles; the first network stays as it is.
base=$folder/base.h5
if [ ! -f "$base" ]; then
    train twice --start-from "$once" --epochs 0 --model "$base"
fi

# The model of the package is this one. WIDE=1 goes on with histories drawn at random, beside new people of the earlier ones.
if [ -z "${WIDE:-}" ]; then
    cp "$base" "$model"
    exit
fi
for training in third fourth fifth; do prepare_all $training 12,4,1,12; done
# random NAME WORDS OPTIONS: one training. WORDS: comma-separated folders, each with an optional pattern (third:[!r]).
random() {
    local words=() part test validation=9K19_o60_s506/chr1,10J19_o60_s506/chr1,structured_o100_s504/chr1
    for part in ${2//,/ }; do
        # shellcheck disable=SC2206
        words+=("$folder/${part%:*}"/{,alone/}$([[ $part != *:* ]] || printf '%s' "${part#*:}")*.n*.h5)
    done
    if [[ ,$2, = *,third,* ]]; then
        test=random_o100_s562/chr1,random_o100_s563/chr1
        validation+=,random_o100_s564/chr1
    fi
    if [[ $2 = *fourth* ]]; then
        test=${test:+$test,}random_steady_o100_s615/chr1,random_ghost_o100_s635/chr1
        validation+=,random_steady_o100_s616/chr1,random_ghost_o100_s636/chr1
    fi
    archaictools train "${words[@]}" --seed 12 --test-chromosomes "$test" --validation-chromosomes "$validation" \
        --threads "$threads" --metrics "$folder/training/$1.json" --history "$folder/training/$1.tsv" "${@:3}"
}
# continued NAME WORDS START EPOCHS: continue the training of the first network of START.
continued() {
    [ -f "$folder/$1.h5" ] || random "$1" "$2" --start-from "$folder/$3.h5" --learning-rate 0.001 --epochs "$4" --patience 0 --keep last \
        --no-sharing --checkpoint "$folder/training/checkpoint.$1" --model "$folder/$1.h5"
}
# A mean of weights is as good on earlier histories as the model before, and nearly as good on new ones as the model after.
average() {
    [ -f "$1" ] || "${PYTHON:-python}" "$here/average_models.py" "$@"
}
continued wide third base 3
continued wider third,fourth wide 2
average "$folder/mean.h5" "$folder/wider.h5" 0.7 "$folder/base.h5" 0.3
continued widest third:[!r],fourth,fifth mean 2
average "$folder/all.h5" "$folder/widest.h5" 0.6 "$folder/mean.h5" 0.4
random final third,fourth,fifth --start-from "$folder/all.h5" --epochs 0 --model "$model"
