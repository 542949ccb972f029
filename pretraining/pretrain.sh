#!/usr/bin/env bash
# Train the model that ships with the package, from simulated people alone: pretrain.sh FOLDER MODEL NO_GENOME_MODEL
# MODEL reads people beside archaic genomes, NO_GENOME_MODEL reads people without one.
# Files that FOLDER already contains are kept, and an interrupted training resumes. README.md lists stages and times.
# Every haplotype is encoded with archaic genomes and without them.
set -euo pipefail
folder=$1 model=$2 no_genome=$3
here=$(realpath "$(dirname "$0")")
threads=${THREADS:-${GALAXY_SLOTS:-$(nproc)}}
mkdir -p "$folder"/{first,second,third}/alone && folder=$(realpath "$folder")
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
# train WORDS NAME OPTIONS: one training on all words of a folder.
train() {
    archaictools train "$folder/$1"/{,alone/}*.n*.h5 --seed 11 --test-chromosomes $test --validation-chromosomes $validation \
        --threads "$threads" --metrics "$folder/training/$2.json" --history "$folder/training/$2.tsv" "${@:3}"
}
once=$folder/once.h5
if [ ! -f "$once" ]; then
    train second once --start-from "$long" --learning-rate 0.001 --epochs 2 --patience 0 --keep last --no-sharing \
        --checkpoint "$folder/training/checkpoint" --model "$once"
fi
# The second network refines scores of haplotypes that share very rare alleles; the first network stays as it is.
base=$folder/base.h5
if [ ! -f "$base" ]; then
    train second twice --start-from "$once" --epochs 0 --model "$base"
fi

cp "$base" "$model"

# Without a genome, the first network goes on with histories drawn at random, beside new people of the earlier ones.
prepare_all third 12,4,1,12
test=random_o100_s562/chr1,random_o100_s563/chr1,random_steady_o100_s615/chr1,random_ghost_o100_s635/chr1
validation=9K19_o60_s506/chr1,10J19_o60_s506/chr1,structured_o100_s504/chr1
validation+=,random_o100_s564/chr1,random_steady_o100_s616/chr1,random_ghost_o100_s636/chr1
wide=$folder/wide.h5
if [ ! -f "$wide" ]; then
    train third wide --start-from "$base" --learning-rate 0.001 --epochs 3 --patience 0 --keep last --no-sharing \
        --checkpoint "$folder/training/checkpoint.wide" --model "$wide"
fi
# A mean of weights is as good on earlier histories as the model before, and nearly as good on new ones as the model after.
mean=$folder/mean.h5
[ -f "$mean" ] || "${PYTHON:-python}" "$here/average_models.py" "$mean" "$wide" 0.7 "$base" 0.3
train third final --start-from "$mean" --epochs 0 --model "$no_genome"
