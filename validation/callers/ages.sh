#!/usr/bin/env bash
# Print the age of one pulse in simulated people, from true tracts and from called segments: ages.sh OUT [SEED]
# Ten people, ten chromosomes of 20 Mb, 50 outgroup samples. The pulse was 2,272 generations ago in 9K19 (56,800 years of
# 25 years), and 1,897 in ooa3 (55,000 years of 29 years). The rows: all people, and the mean over people.
set -euo pipefail
out=$1 seed=${2:-201}
mkdir -p "$out" && out=$(realpath "$out")

# row NAME FOLDER SEGMENTS: estimate ages and print them.
row() {
    archaictools sharing "$3" --ages "$2/ages.tsv" "${@:4}" --quiet > /dev/null
    awk -F '\t' -v name="$1" '
        $1 == "all" { all = sprintf("%.0f\t%.0f\t%.0f\t%.2f", $9, $10, $11, $8) }
        $1 == "sample" && $9 != "NA" { sum += $9; people++ }
        END { printf "%s\t%s\t%.0f\n", name, all, people ? sum / people : 0 }' "$2/ages.tsv"
}

printf 'segments\tgenerations\tlow\thigh\trelated\tmean of people\n'
for model in 9K19 ooa3; do
    sim=$out/$model.$seed
    if [ ! -d "$sim" ]; then
        archaictools simulate --model "$model" --outgroup 50 --ingroup 10 --archaic 2 --length 20000000 --chromosomes 10 \
            --seed "$seed" --quiet --out "$sim" > /dev/null
    fi
    to=$out/calls.$model.$seed
    mkdir -p "$to"
    awk -v OFS='\t' 'BEGIN { print "chrom", "start", "end", "sample", "haplotype", "posterior", "source" }
        { print $1, $2, $3, $4, $5, 1, $6 }' "$sim/truth.bed" > "$to/truth.tsv"
    awk -v OFS='\t' '{ print $0, 20 }' "$sim/callable.bed" > "$to/truth.callable.bed"
    row "$model, true tracts" "$to" "$to/truth.tsv"
    for kind in with without; do
        named=()
        if [ "$kind" = with ]; then named=(--archaic "$sim/archaic.txt"); fi
        for vcf in "$sim"/archaic.*.vcf.gz; do
            if [ "$kind" = with ]; then named+=(--archaic-vcf "$vcf"); fi
        done
        vcfs=()
        for vcf in "$sim"/modern.*.vcf.gz; do vcfs+=(--vcf "$vcf"); done
        archaictools haplotypes "${vcfs[@]}" --ingroup "$sim/ingroup.txt" --outgroup "$sim/outgroup.txt" "${named[@]}" \
            --quiet --out "$to/$kind.h5" > /dev/null
        archaictools predict pretrained "$to/$kind.h5" --segments "$to/$kind.tsv" --summary "$to/$kind.people.tsv" --quiet \
            > /dev/null
        row "$model, called $kind an archaic genome" "$to" "$to/$kind.tsv" --summary "$to/$kind.people.tsv"
    done
done
