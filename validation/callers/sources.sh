#!/usr/bin/env bash
# Print confusion matrices of segment sources (Neanderthal, Denisovan) in simulated people: sources.sh OUT [SEED ...]
# Seeds 21 and 22 were used to fit archaictools.haplotypes.sources (FIT=1 prints the fit); the default seeds were not.
# PapuansOutOfAfrica_10J19: six Papuans and six CEU, 10 Mb, 50 outgroup samples, an Altai Neanderthal and a Denisovan.
# Archaic genotypes are complete, or present only at non-REF sites (x). Cells name both genomes or one (D, N).
set -euo pipefail
out=$1
shift
seeds=("$@")
if [ ${#seeds[@]} = 0 ]; then seeds=(31 32); fi
here=$(realpath "$(dirname "$0")")
mkdir -p "$out" && out=$(realpath "$out")
neanderthal="ARC000 Nea" denisovan="ARC001 Den"
cells=()

# cell NAME SIMULATION "GENOME LABEL" ...: encode and call one cell.
cell() {
    local to=$out/$1 sim=$2 names
    mkdir -p "$to"
    printf '%s\n' "${@:3}" > "$to/genomes.txt"
    cp "$sim/truth.bed" "$to/truth.bed"
    names=$(cut -d' ' -f1 "$to/genomes.txt" | paste -sd,)
    archaictools haplotypes --vcf "$sim/modern.chr1.vcf.gz" --archaic-vcf "$sim/archaic.chr1.vcf.gz" --ingroup "$sim/ingroup.txt" \
        --outgroup "$sim/outgroup.txt" --archaic "$names" --archaic-missing uncalled --quiet --out "$to/words.h5"
    archaictools predict pretrained "$to/words.h5" --segments "$to/segments.tsv" --quiet
    cells+=("$to")
}

for seed in "${seeds[@]}"; do
    for population in Papuan CEU; do
        for kind in "" x; do
            sim=$out/sim$population$kind$seed
            if [ ! -d "$sim" ]; then
                archaictools simulate --model 10J19 --ingroup-population "$population" --archaic-population NeaA,DenA --archaic 2 \
                    --outgroup 50 --ingroup 6 --length 10000000 --seed "$seed" ${kind:+--archaic-only-alternate} --quiet --out "$sim"
            fi
            cell "$population$kind$seed" "$sim" "$neanderthal" "$denisovan"
            cell "$population$kind${seed}D" "$sim" "$denisovan"
        done
    done
    cell "Papuan${seed}N" "$out/simPapuan$seed" "$neanderthal"
done
python=${PYTHON:-python}
for end in "" D; do
    for file in "" x; do
        folders=()
        for seed in "${seeds[@]}"; do folders+=("$out"/{Papuan,CEU}"$file$seed$end"); done
        "$python" "$here/sources.py" matrix "${folders[@]}"
    done
done
folders=()
for seed in "${seeds[@]}"; do folders+=("$out/Papuan${seed}N"); done
"$python" "$here/sources.py" matrix "${folders[@]}"
if [ -n "${FIT:-}" ]; then "$python" "$here/sources.py" fit "${cells[@]}"; fi
