#!/usr/bin/env bash
# Measure accuracy on histories outside the training: histories.sh OUT [YARDSTICK [NAME ...]]
# Each row of histories.tsv is a history, simulated with two seeds (four people, 20 Mb): the table pools the seeds.
# YARDSTICK (folder of run_hmmix.sh) and PYTHON2 (a Python with hmmix 0.8.0) add hmmix; PYTHON3 (a Python with hmmix 0.9.2)
# adds its -hybrid decoding. NAMEs choose rows. ENCODE_ONLY=1 stops
# before the calls; MODEL is another model; SEEDS replaces the seeds. Simulations, encodings and calls of hmmix in OUT are
# kept; our calls are made again.
set -euo pipefail
out=$1 yardstick=${2:-}
shift $(($# < 2 ? $# : 2))
chosen=" $* "
here=$(realpath "$(dirname "$0")")
python=${PYTHON:-python}
mkdir -p "$out" && out=$(realpath "$out")
[ -z "$yardstick" ] || yardstick=$(realpath "$yardstick")
[ -z "${PYTHON2:-}" ] || PYTHON2=$(realpath -s "$PYTHON2")
[ -z "${PYTHON3:-}" ] || PYTHON3=$(realpath -s "$PYTHON3")
threads=${GALAXY_SLOTS:-$(nproc)}
declare -A simulated=()

# history MODEL: the --model of a row; "none:" removes the archaic pulses.
history() {
    case $1 in
        *.yaml) printf '%s\n' "$here/histories/$1" ;;
        none:*)
            [ -f "$out/demes/${1#none:}.yaml" ] || { mkdir -p "$out/demes" && "$python" "$here/no_archaic.py" "$out/demes"; }
            printf '%s\n' "$out/demes/${1#none:}.yaml"
            ;;
        *) printf '%s\n' "$1" ;;
    esac
}
# call FOLDER KIND: call segments from FOLDER/KIND.h5 (with or without archaic genomes).
call() {
    archaictools predict "${MODEL:-pretrained}" "$1/$2.h5" --segments "$1/$2.segments.tsv" --table "$1/$2.table.tsv" \
        --summary "$1/$2.people.tsv" --threads "$threads" --quiet > /dev/null
}

while IFS=$'\t' read -r name model outgroup ingroup archaic archaic_time people named seeds options; do
    if [ "$name" = name ] || { [ "$chosen" != "  " ] && [[ $chosen != *" $name "* ]]; }; then continue; fi
    [ "$options" != . ] || options=
    for seed in ${SEEDS:-${seeds//,/ }}; do
        to=$out/$name.$seed
        mkdir -p "$to"
        key="$model $outgroup $ingroup $archaic $archaic_time $people $options $seed"
        if [ -n "${simulated[$key]:-}" ]; then # the same people, with other genomes named
            for part in sim hmmix.in hmmix hybrid; do ln -sfn "../${simulated[$key]}/$part" "$to/$part"; done
        else
            simulated[$key]=$name.$seed
        fi
        populations=(${archaic//,/ })
        if [ ! -e "$to/sim" ]; then
            demography=$(history "$model")
            # shellcheck disable=SC2086
            archaictools simulate --model "$demography" --outgroup-population "$outgroup" --ingroup-population "$ingroup" \
                --archaic-population "$archaic" --archaic-time "$archaic_time" --outgroup "$people" --ingroup 4 --archaic $((2 * ${#populations[@]})) \
                $options --seed "$seed" --threads "$threads" --quiet --out "$to/sim" > /dev/null
        fi
        words=(--vcf "$to/sim/modern.chr1.vcf.gz" --ingroup "$to/sim/ingroup.txt" --outgroup "$to/sim/outgroup.txt"
            --callable "$to/sim/callable.bed" --threads "$threads" --quiet)
        [ ! -s "$to/sim/truth.bed" ] || words+=(--truth "$to/sim/truth.bed") # without archaic ancestry it is empty
        [ -f "$to/without.h5" ] || archaictools haplotypes "${words[@]}" --out "$to/without.h5" > /dev/null
        if [ "$named" != . ] && [ ! -f "$to/with.h5" ]; then
            # Two people of each population, named population by population.
            for number in "${!populations[@]}"; do
                if [[ ",$named," == *",${populations[number]},"* ]]; then
                    printf 'ARC%03d\nARC%03d\n' $((2 * number)) $((2 * number + 1))
                fi
            done > "$to/named.txt"
            archaictools haplotypes "${words[@]}" --archaic-vcf "$to/sim/archaic.chr1.vcf.gz" --archaic "$to/named.txt" --out "$to/with.h5" > /dev/null
        fi
        touch "$out/READY.$name.$seed"
        printf '%s\n' "$name.$seed" >&2
        if [ -n "${ENCODE_ONLY:-}" ]; then continue; fi
        call "$to" without
        [ "$named" = . ] || call "$to" with
        if [ -n "$yardstick" ] && [ ! -f "$to/hmmix/windows.tsv.gz" ]; then
            "$python" "$here/no_archaic.py" "$to/sim" "$to/sim/outgroup.txt" "$to/hmmix.in"
            PATH=$(dirname "${PYTHON2:?must name a Python with hmmix}"):$PATH bash "$yardstick/run_hmmix.sh" "$to/hmmix.in" "$to/hmmix" > /dev/null
        fi
        if [ -n "${PYTHON3:-}" ] && [ -f "$to/hmmix/windows.tsv.gz" ] && [ ! -f "$to/hybrid/segments.bed" ]; then
            PATH=$(dirname "$PYTHON3"):$PATH bash "$here/hmmix_hybrid.sh" "$to/hmmix" "$to/hmmix.in" "$to/hybrid"
        fi
    done
done < "$here/histories.tsv"
[ -n "${ENCODE_ONLY:-}" ] || "$python" "$here/histories.py" "$out" "$@" | tee "$out/table.md"
