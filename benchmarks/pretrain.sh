#!/usr/bin/env bash
# The models that ship with the package, from simulations alone: pretrain.sh FOLDER MODEL MODEL_WITHOUT_ARCHAIC
# What is in FOLDER already is not made again, and an interrupted training goes on. About six hours on two cores.
# First a model learns flat recombination rates, for long; then it goes on with hotspots and deep haplotypes, which real
# people have, and which a model of flat rates takes for archaic; then with more people of both kinds. From there one model
# goes on with the same people, and one with the same people read without an archaic genome.
set -euo pipefail
folder=$1 model=$2 without=$3
here=$(realpath "$(dirname "$0")")
threads=${THREADS:-${GALAXY_SLOTS:-$(nproc)}}
mkdir -p "$folder"/{flat,more,alone} && folder=$(realpath "$folder")
export here

# Words of a simulation: the simulation, people of the outgroup, the file, who is archaic.
read_people() {
    archaictools haplotypes --vcf "$1/modern.chr1.vcf.gz" --ingroup "$1/ingroup.txt" --outgroup "$(head -n "$2" "$1/outgroup.txt" | paste -sd,)" \
        --truth "$1/truth.bed" --threads 1 --quiet --out "$3" "${@:4}" > /dev/null
}
# One simulation of 20 Mb and 12 people, and its words: folder, history, people of the outgroup, seed, what is read (people of
# the outgroup : archaic people, with commas), what else simulate is asked for.
prepare() {
    local folder=$1 history=$2 people=$3 seed=$4 reads=$5
    shift 5
    local sim=$folder/${history}_o${people}_s${seed} file=$history read
    [ ! -f "$here/$history.yaml" ] || file=$here/$history.yaml
    if [ ! -d "$sim" ]; then
        archaictools simulate --model "$file" --outgroup "$people" --ingroup 12 --archaic 2 --seed "$seed" --threads 1 \
            --quiet --out "$sim" "$@" > /dev/null
    fi
    for read in ${reads//,/ }; do
        local outgroup=${read%:*} archaic=${read#*:}
        local words=$sim.n$outgroup.h5
        [ -f "$words" ] || read_people "$sim" "$outgroup" "$words" --archaic-vcf "$sim/archaic.chr1.vcf.gz" \
            --archaic "$(head -n "$archaic" "$sim/archaic.txt" | paste -sd,)"
    done
    printf '%s_o%s_s%s\n' "$history" "$people" "$seed" >&2
}
# The same people without an archaic genome: folder, words beside one.
prepare_alone() {
    local words=$1/${2##*/} outgroup=${2##*.n}
    [ -f "$words" ] || read_people "${2%.n*}" "${outgroup%.h5}" "$words"
}
export -f read_people prepare prepare_alone

# Seeds below 100 are left for measuring; from 200 on recombination is in hotspots.
all() { # folder; simulations from standard input
    xargs -P "$threads" -L 1 bash -c 'set -euo pipefail; prepare "$@"' prepare "$1"
}
learn() { # folder of the state, model, held out for test and for validation, options and words
    local state=$folder/$1 to=$2 test=$3 validation=$4
    shift 4
    mkdir -p "$state"
    archaictools train "$@" --patience 0 --keep last --checkpoint "$state/checkpoint" --test-chromosomes "$test" \
        --validation-chromosomes "$validation" --threads "$threads" --model "$to" --metrics "$state/metrics.json" \
        --history "$state/history.tsv"
}
all "$folder/flat" << 'EOF'
9K19 60 111 5:1,50:2
9K19 60 112 15:1,60:2
9K19 60 113 5:1,50:2
9K19 60 114 15:1,60:2
9K19 60 115 15:1,50:2
9K19 500 101 50:1,500:2
9K19 500 102 200:1,500:2
9K19 500 103 50:1,500:2
9K19 500 104 200:1,500:2
9K19 500 105 50:1,500:2
ooa3 100 101 5:1,100:2
ooa3 100 102 15:1,100:2
ooa3 100 103 50:1,100:2
ooa3 200 104 50:1,200:2
ooa3 200 105 15:1,200:2
10J19 60 111 5:1,50:2
10J19 60 112 15:1,60:2
10J19 60 113 5:1,50:2
10J19 60 114 15:1,60:2
10J19 60 115 5:1,50:2
10J19 60 116 15:1,60:2
10J19 60 117 5:1,50:2
10J19 60 118 15:1,50:2
10J19 500 101 50:1,500:2
10J19 500 102 200:1,500:2
10J19 500 103 50:1,500:2
10J19 500 104 200:1,500:2
10J19 500 105 50:1,500:2
EOF
first=$folder/flat/model.h5
[ -f "$first" ] || learn flat/training "$first" 9K19_o60_s115/chr1,10J19_o500_s105/chr1 ooa3_o100_s103/chr1,10J19_o60_s118/chr1 \
    --epochs 40 "$folder"/flat/*.n*.h5

all "$folder" << 'EOF'
structured 100 201 5:1,60:2 --hotspots --outgroup-population YRI --ingroup-population CEU --archaic-population Nea --archaic-time 4000
structured 100 202 5:2,15:2 --hotspots --outgroup-population YRI --ingroup-population CEU --archaic-population Nea,Den --archaic-time 3000
structured 100 203 5:1,100:1 --hotspots --outgroup-population YRI --ingroup-population CEU --archaic-population Nea --archaic-time 4000
structured 100 204 5:2,50:2 --hotspots --outgroup-population YRI --ingroup-population CEU --archaic-population Nea,Den --archaic-time 3000
structured 100 205 5:1,30:2 --hotspots --outgroup-population YRI --ingroup-population CEU --archaic-population Nea --archaic-time 4000
structured 100 206 5:2,100:1 --hotspots --outgroup-population YRI --ingroup-population CEU --archaic-population Nea,Den --archaic-time 3000
10J19 60 221 5:2,50:1 --hotspots --archaic-population NeaA,DenA
10J19 60 222 5:2,60:2 --hotspots --archaic-population NeaA,DenA --ingroup-population Papuan
10J19 60 223 5:2,50:2 --hotspots --archaic-population NeaA,DenA
10J19 60 211 5:1,50:2 --hotspots
10J19 60 212 5:2,60:1 --hotspots
10J19 500 201 50:2,500:1 --hotspots
10J19 500 101 50:1,500:2
10J19 500 102 200:1,500:2
10J19 500 103 50:2,500:1
10J19 60 111 5:1,50:2
10J19 60 112 15:1,60:2
10J19 60 113 5:1,50:1
9K19 60 211 5:1,50:2 --hotspots
9K19 60 212 15:1,60:2 --hotspots
9K19 500 101 50:1,500:2
9K19 500 102 200:1,500:2
9K19 500 103 50:2,500:1
9K19 60 111 5:1,50:2
9K19 60 112 15:1,60:2
ooa3 100 201 5:1,100:2 --hotspots
ooa3 100 202 5:2,15:1 --hotspots
ooa3 200 104 50:1,200:2
ooa3 200 105 5:1,200:2
EOF

test=9K19_o60_s212/chr1,structured_o100_s206/chr1,10J19_o60_s223/chr1
validation=ooa3_o100_s202/chr1,10J19_o60_s212/chr1,structured_o100_s205/chr1
second=$folder/second.h5
[ -f "$second" ] || learn training "$second" $test $validation --start-from "$first" --learning-rate 0.0015 --epochs 9 "$folder"/*.n*.h5

all "$folder/more" << 'EOF'
9K19 60 113 5:1,50:2
9K19 60 114 15:1,60:2
9K19 60 115 15:1,50:2
9K19 60 213 5:1,50:2 --hotspots
9K19 60 214 15:1,60:2 --hotspots
9K19 500 104 200:1,500:2
9K19 500 105 50:1,500:2
9K19 500 106 50:2,500:1
9K19 500 201 50:1,500:2 --hotspots
10J19 60 115 5:1,50:2
10J19 60 224 5:2,50:1 --hotspots --archaic-population NeaA,DenA
10J19 500 202 50:1,500:2 --hotspots
structured 100 207 5:1,60:2 --hotspots --outgroup-population YRI --ingroup-population CEU --archaic-population Nea --archaic-time 4000
structured 100 208 5:2,30:1 --hotspots --outgroup-population YRI --ingroup-population CEU --archaic-population Nea,Den --archaic-time 3000
structured 100 209 5:1,100:2 --hotspots --outgroup-population YRI --ingroup-population CEU --archaic-population Nea --archaic-time 4000
structured 100 210 5:2,60:1 --hotspots --outgroup-population YRI --ingroup-population CEU --archaic-population Nea,Den --archaic-time 3000
EOF
beside=("$folder"/*.n*.h5 "$folder"/more/*.n*.h5)
third=$folder/third.h5
[ -f "$third" ] || learn training-more "$third" $test $validation --start-from "$second" --learning-rate 0.002 --epochs 10 "${beside[@]}"
learn training-again "$model" $test $validation --start-from "$third" --learning-rate 0.0015 --epochs 8 --seed 7 "${beside[@]}"

printf '%s\n' "${beside[@]}" | xargs -P "$threads" -L 1 bash -c 'set -euo pipefail; prepare_alone "$@"' prepare_alone "$folder/alone"
learn training-alone "$without" $test $validation --start-from "$third" --learning-rate 0.002 --epochs 8 "$folder"/alone/*.n*.h5
