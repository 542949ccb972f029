#!/usr/bin/env bash
# The model that ships with the package, from simulations alone: pretrain.sh FOLDER MODEL
# What is in FOLDER already is not made again, and an interrupted training goes on. Simulations take an hour on two cores.
# The first, long training is pretrain_gpu.py's, for which TORCH names a Python with PyTorch and this package: seven minutes
# on one H100, most of a day on two cores. The second goes on on the CPU (half an hour on two cores) with people that the
# first has not seen; on the same people the network of the second reading is trained (half an hour again). Both read
# people beside an archaic genome and without one.
set -euo pipefail
folder=$1 model=$2
here=$(realpath "$(dirname "$0")")
threads=${THREADS:-${GALAXY_SLOTS:-$(nproc)}}
mkdir -p "$folder"/{first,second}/alone && folder=$(realpath "$folder")
export here

# Words of a simulation: the simulation, people of the outgroup, people read together, the file, who is archaic.
read_people() {
    archaictools haplotypes --vcf "$1/modern.chr1.vcf.gz" --ingroup "$1/ingroup.txt" --outgroup "$(head -n "$2" "$1/outgroup.txt" | paste -sd,)" \
        --together "$3" --truth "$1/truth.bed" --threads 1 --quiet --out "$4" "${@:5}" > /dev/null
}
# One simulation of 20 Mb and 12 people, and its words beside archaic people and without: folder, people read together (by
# turns, with commas), history, people of the outgroup, seed, what is read (people of the outgroup : archaic people, with
# commas), what else simulate is asked for.
prepare() {
    local folder=$1 together=(${2//,/ }) history=$3 people=$4 seed=$5 reads=$6 turn=$5
    shift 6
    local sim=$folder/${history}_o${people}_s${seed} file=$history read
    [ ! -f "$here/$history.yaml" ] || file=$here/$history.yaml
    if [ ! -d "$sim" ]; then
        archaictools simulate --model "$file" --outgroup "$people" --ingroup 12 --archaic 2 --seed "$seed" --threads 1 \
            --quiet --out "$sim" "$@" > /dev/null
    fi
    for read in ${reads//,/ }; do
        local outgroup=${read%:*} archaic=${read#*:}
        local words=${sim##*/}.n$outgroup.h5
        local beside=${together[turn++ % ${#together[@]}]} alone=${together[turn++ % ${#together[@]}]}
        [ -f "$folder/$words" ] || read_people "$sim" "$outgroup" "$beside" "$folder/$words" \
            --archaic-vcf "$sim/archaic.chr1.vcf.gz" --archaic "$(head -n "$archaic" "$sim/archaic.txt" | paste -sd,)"
        [ -f "$folder/alone/$words" ] || read_people "$sim" "$outgroup" "$alone" "$folder/alone/$words"
    done
    printf '%s\n' "${sim##*/}" >&2
}
export -f read_people prepare

# Seeds below 100 are left for measuring; from 200 on recombination is in hotspots. "deep" and "deeper" are histories with
# haplotypes older than the split from Neanderthals, which real people have: beside one archaic population, or two.
all() { # folder, people read together; simulations from standard input
    sed -e 's/^deep /structured 100 /; t one; s/^deeper /structured 100 /; t two; b' \
        -e ': one; s/$/ --hotspots --outgroup-population YRI --ingroup-population CEU --archaic-population Nea --archaic-time 4000/; b' \
        -e ': two; s/$/ --hotspots --outgroup-population YRI --ingroup-population CEU --archaic-population Nea,Den --archaic-time 3000/' |
        xargs -P "$threads" -L 1 bash -c 'set -euo pipefail; prepare "$@"' prepare "$@"
}
first=$(cat << 'EOF'
10J19 500 101 50:1,500:2
10J19 500 102 200:1,500:2
10J19 500 103 50:2,500:1
10J19 500 111 50:1,500:2
10J19 500 112 200:1,500:2
10J19 500 113 50:1,500:2
10J19 500 114 100:1,500:2
10J19 500 115 500:2
10J19 500 201 50:2,500:1 --hotspots
10J19 500 202 50:1,500:2 --hotspots
10J19 500 211 50:2,500:1 --hotspots
10J19 60 111 5:1,50:2
10J19 60 112 15:1,60:2
10J19 60 113 5:1,50:1
10J19 60 115 5:1,50:2
10J19 60 121 5:1,50:2
10J19 60 122 30:1,60:2
10J19 60 123 8:1,50:2
10J19 60 124 20:1,50:2
10J19 60 125 50:2
10J19 60 126 50:2
10J19 60 127 50:2
10J19 60 128 50:2
10J19 60 129 50:2
10J19 60 130 50:2
10J19 60 131 50:2
10J19 60 132 50:2
10J19 60 133 50:2
10J19 60 211 5:1,50:2 --hotspots
10J19 60 212 5:2,60:1 --hotspots
10J19 60 221 5:2,50:1 --hotspots --archaic-population NeaA,DenA
10J19 60 222 5:2,60:2 --hotspots --archaic-population NeaA,DenA --ingroup-population Papuan
10J19 60 223 5:2,50:2 --hotspots --archaic-population NeaA,DenA
10J19 60 224 5:2,50:1 --hotspots --archaic-population NeaA,DenA
10J19 60 231 8:2,60:1 --hotspots
10J19 60 232 20:2,50:1 --hotspots --archaic-population NeaA,DenA
9K19 500 101 50:1,500:2
9K19 500 102 200:1,500:2
9K19 500 103 50:2,500:1
9K19 500 104 200:1,500:2
9K19 500 105 50:1,500:2
9K19 500 106 50:2,500:1
9K19 500 111 50:1,500:2
9K19 500 112 200:1,500:2
9K19 500 113 50:1,500:2
9K19 500 114 100:1,500:2
9K19 500 115 500:2
9K19 500 201 50:1,500:2 --hotspots
9K19 500 211 50:2,500:1 --hotspots
9K19 60 111 5:1,50:2
9K19 60 112 15:1,60:2
9K19 60 113 5:1,50:2
9K19 60 114 15:1,60:2
9K19 60 115 15:1,50:2
9K19 60 121 5:1,50:2
9K19 60 122 30:1,60:2
9K19 60 123 8:1,50:2
9K19 60 124 20:1,50:2
9K19 60 125 50:2
9K19 60 126 50:2
9K19 60 127 50:2
9K19 60 128 50:2
9K19 60 129 50:2
9K19 60 130 50:2
9K19 60 131 50:2
9K19 60 132 50:2
9K19 60 133 50:2
9K19 60 211 5:1,50:2 --hotspots
9K19 60 212 15:1,60:2 --hotspots
9K19 60 213 5:1,50:2 --hotspots
9K19 60 214 15:1,60:2 --hotspots
9K19 60 221 8:1,60:2 --hotspots
9K19 60 222 20:1,50:2 --hotspots
deep 201 5:1,60:2
deep 203 5:1,100:1
deep 205 5:1,30:2
deep 207 5:1,60:2
deep 209 5:1,100:2
deep 211 8:1,60:2
deep 213 8:1,100:2
deeper 202 5:2,15:2
deeper 204 5:2,50:2
deeper 206 5:2,100:1
deeper 208 5:2,30:1
deeper 210 5:2,60:1
deeper 212 5:2,30:2
deeper 214 5:2,50:1
ooa3 100 112 50:1,100:2
ooa3 100 201 5:1,100:2 --hotspots
ooa3 100 202 5:2,15:1 --hotspots
ooa3 200 104 50:1,200:2
ooa3 200 105 5:1,200:2
ooa3 200 111 15:1,200:2
ooa3 200 211 5:1,100:2 --hotspots
ooa3 200 212 50:1,200:2 --hotspots
EOF
)
all "$folder/first" 12 <<< "$first"
# Held out from both trainings.
test=9K19_o60_s212/chr1,structured_o100_s206/chr1,10J19_o60_s223/chr1
validation=ooa3_o100_s202/chr1,10J19_o60_s212/chr1,structured_o100_s205/chr1,10J19_o60_s133/chr1,9K19_o60_s133/chr1,9K19_o500_s115/chr1
# Read once more for the second training, by turns: these, and structured histories.
again=$(grep -f <(echo ^deep && tr , '\n' <<< "$test,$validation" | sed 's#^\(.*\)_o\(.*\)_s\(.*\)/chr1$#^\1 \2 \3 #') <<< "$first")
for sim in "$folder"/first/*_s*/; do ln -sfn "../first/$(basename "$sim")" "$folder/second/"; done
all "$folder/second" 4,12,4,1,12,4,2,12 << EOF
$again
10J19 500 140 50:1,500:2
10J19 500 142 200:1,500:2
10J19 500 144 100:1,500:2
10J19 500 146 50:1,500:2
10J19 500 148 200:1,500:2
10J19 500 150 100:1,500:2
10J19 60 140 50:2
10J19 60 141 50:2
10J19 60 142 50:2
10J19 60 143 50:2
10J19 60 144 50:2
10J19 60 145 50:2
10J19 60 146 50:2
10J19 60 147 50:2
10J19 60 148 50:2
10J19 60 149 50:2
10J19 60 150 50:2
10J19 60 151 50:2
10J19 60 241 5:2,50:1 --hotspots --archaic-population NeaA,DenA
10J19 60 244 5:2,50:1 --hotspots --archaic-population NeaA,DenA
10J19 60 247 5:2,50:1 --hotspots --archaic-population NeaA,DenA
10J19 60 250 5:2,50:1 --hotspots --archaic-population NeaA,DenA
9K19 500 140 50:1,500:2
9K19 500 142 200:1,500:2
9K19 500 144 100:1,500:2
9K19 500 146 50:1,500:2
9K19 500 148 200:1,500:2
9K19 500 150 100:1,500:2
9K19 60 140 50:2
9K19 60 141 50:2
9K19 60 142 50:2
9K19 60 143 50:2
9K19 60 144 50:2
9K19 60 145 50:2
9K19 60 146 50:2
9K19 60 147 50:2
9K19 60 148 50:2
9K19 60 149 50:2
9K19 60 150 50:2
9K19 60 151 50:2
9K19 60 241 5:1,60:2 --hotspots
9K19 60 244 5:1,60:2 --hotspots
9K19 60 247 5:1,60:2 --hotspots
9K19 60 250 5:1,60:2 --hotspots
deep 240 5:1,60:2
deep 243 8:1,60:2
deep 246 15:1,60:2
deep 249 30:1,60:2
deeper 241 5:2,50:1
deeper 244 8:2,50:1
deeper 247 15:2,50:1
deeper 250 30:2,50:1
ooa3 200 140 15:1,200:2
ooa3 200 143 50:1,200:2
ooa3 200 146 100:1,200:2
ooa3 200 149 5:1,200:2
EOF

long=$folder/long.h5
if [ ! -f "$long" ]; then
    # Without an archaic genome a person's words are the same counts as beside one, with nobody called: --archaic-absent has
    # them made of the others. The files of people read so are looked at in validation.
    "${TORCH:-python}" "$here/pretrain_gpu.py" "$folder"/first/*.n*.h5 \
        "$folder"/first/alone/{ooa3_o100_s202,10J19_o60_s212.n60,structured_o100_s205.n30,10J19_o60_s133,9K19_o60_s133,9K19_o500_s115,ooa3_o200_s212.n200}*.h5 \
        --test-chromosomes $test --validation-chromosomes $validation --archaic-absent 0.45 --epochs 57.6 \
        --learning-rate 0.004 --model "$long"
fi
mkdir -p "$folder/training"
learn() { # name of the step, options
    archaictools train "$folder"/second/{,alone/}*.n*.h5 --seed 11 --test-chromosomes $test --validation-chromosomes $validation \
        --threads "$threads" --metrics "$folder/training/$1.json" --history "$folder/training/$1.tsv" "${@:2}"
}
once=$folder/once.h5
if [ ! -f "$once" ]; then
    learn once --start-from "$long" --learning-rate 0.001 --epochs 2 --patience 0 --keep last --no-sharing \
        --checkpoint "$folder/training/checkpoint" --model "$once"
fi
# What it says of people who share alleles is then read by a small network.
learn twice --start-from "$once" --epochs 0 --model "$model"
