#!/usr/bin/env bash
# The model that ships with the package, from simulations alone: pretrain.sh FOLDER MODEL
# What is in FOLDER already is not made again, and an interrupted training goes on. About three hours on two cores.
set -euo pipefail
folder=$1 model=$2
mkdir -p "$folder"
threads=${GALAXY_SLOTS:-$(nproc)}

# history, people of the outgroup, seed, the sizes of outgroup that are learnt from, archaic people read with the smaller
# (with the larger: two), and what else is asked of the simulation. Seeds below 100 are left for measuring; from 200 on
# recombination is in hotspots.
while read -r history people seed small large few options; do
  sim=$folder/${history}_o${people}_s${seed}
  [ "$seed" -lt 200 ] || options="--hotspots $options"
  # shellcheck disable=SC2086
  [ -d "$sim" ] || archaictools simulate --model "$history" --outgroup "$people" --ingroup 12 --archaic 2 \
    --seed "$seed" --threads "$threads" --quiet --out "$sim" $options
  for outgroup in "$small" "$large"; do
    words=$sim.n$outgroup.h5
    [ -f "$words" ] && continue
    head -n "$outgroup" "$sim/outgroup.txt" > "$folder/names.txt"
    head -n $((outgroup == small ? few : 2)) "$sim/archaic.txt" > "$folder/archaic.txt"
    archaictools haplotypes --vcf "$sim/modern.chr1.vcf.gz" --ingroup "$sim/ingroup.txt" \
      --outgroup "$folder/names.txt" --archaic-vcf "$sim/archaic.chr1.vcf.gz" --archaic "$folder/archaic.txt" \
      --truth "$sim/truth.bed" --quiet --out "$words" > /dev/null
  done
done << 'EOF'
9K19 60 111 5 50 1
9K19 60 112 15 60 1
9K19 60 113 5 50 1
9K19 60 114 15 60 1
9K19 60 115 15 50 1
9K19 500 101 50 500 1
9K19 500 102 200 500 1
9K19 500 103 50 500 1
9K19 500 104 200 500 1
9K19 500 105 50 500 1
ooa3 100 101 5 100 1
ooa3 100 102 15 100 1
ooa3 100 103 50 100 1
ooa3 200 104 50 200 1
ooa3 200 105 15 200 1
10J19 60 111 5 50 1
10J19 60 112 15 60 1
10J19 60 113 5 50 1
10J19 60 114 15 60 1
10J19 60 115 5 50 1
10J19 60 116 15 60 1
10J19 60 117 5 50 1
10J19 60 118 15 50 1
10J19 500 101 50 500 1
10J19 500 102 200 500 1
10J19 500 103 50 500 1
10J19 500 104 200 500 1
10J19 500 105 50 500 1
9K19 60 211 5 50 1
9K19 60 212 15 60 1
9K19 60 213 5 60 1
9K19 500 201 50 500 1
9K19 500 202 200 500 1
ooa3 100 201 5 100 1
ooa3 100 202 15 100 1
ooa3 100 204 5 50 1
ooa3 200 203 15 200 1
10J19 60 211 5 50 1
10J19 60 212 15 60 1
10J19 60 213 5 60 1
10J19 60 214 5 50 1
10J19 500 201 50 500 1
10J19 500 202 200 500 1
10J19 60 221 5 50 2 --archaic-population NeaA,DenA
10J19 60 222 5 60 2 --archaic-population NeaA,DenA --ingroup-population Papuan
10J19 60 223 5 15 2 --archaic-population NeaA,DenA
10J19 60 224 15 60 2 --archaic-population NeaA,DenA --ingroup-population Papuan
10J19 60 225 5 50 2 --archaic-population NeaA,DenA
10J19 60 226 5 60 2 --archaic-population NeaA,DenA
10J19 60 227 5 50 2 --archaic-population NeaA,DenA --ingroup-population Papuan
10J19 500 223 200 500 2 --archaic-population NeaA,DenA
EOF

archaictools train "$folder"/*.h5 --epochs 22 --patience 0 --keep last --checkpoint "$folder/checkpoint" \
  --test-chromosomes 9K19_o60_s115/chr1,10J19_o500_s105/chr1,10J19_o60_s226/chr1 \
  --validation-chromosomes ooa3_o100_s103/chr1,10J19_o60_s214/chr1 \
  --threads "$threads" --model "$model" --metrics "$folder/metrics.json" --history "$folder/history.tsv"
