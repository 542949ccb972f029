#!/usr/bin/env bash
# Measure accuracy on a demographic history that training left out: leave_out.sh PRETRAIN CALLERS
# PRETRAIN is the folder of pretrain.sh (one encoding of 29 simulations is used), CALLERS the folder of callers.sh.
# Each small network trains without one history and is tested on it. The same training on all histories is the baseline.
set -euo pipefail
pretrain=$1 callers=$2
here=$(dirname "$0")
declare -A cells=([9K19]=9K19_50_1 [10J19]=10J19_50_1 [ooa3]=ooa3_200_1 [none]="9K19_50_1 10J19_50_1 ooa3_200_1")
simulations=(9K19_o60_s{111,112,211,212} 9K19_o500_s{101,102,103} 10J19_o60_s{111,112,113,211,212,221,222,223}
    10J19_o500_s{101,102,103,201} ooa3_o100_s{201,202} ooa3_o200_s{104,105} structured_o100_s{201,202,203,204,205,206})
test=(9K19_o60_s212 structured_o100_s206 10J19_o60_s223) validation=(ooa3_o100_s202 10J19_o60_s212 structured_o100_s205)

# chromosomes HISTORY SIMULATION ...: comma-separated chromosomes of the simulations of other histories.
chromosomes() {
    printf '%s/chr1\n' "${@:2}" | grep -v "^$1_" | paste -sd,
}
for history in none 9K19 10J19 ooa3; do
    model=$pretrain/left-out-$history.h5
    if [ ! -f "$model" ]; then
        files=()
        for sim in "${simulations[@]}"; do
            [[ $sim == "$history"_* ]] || files+=("$(printf '%s\n' "$pretrain/first/$sim".n*.h5 | sort -V | tail -n 1)")
        done
        archaictools train "${files[@]}" --embedding 16 --lstm 32 --dense 16 --epochs 15 --patience 0 --keep last --no-sharing \
            --test-chromosomes "$(chromosomes "$history" "${test[@]}")" --model "$model" \
            --validation-chromosomes "$(chromosomes "$history" "${validation[@]}")"
    fi
    printf '\nwithout %s\n\n' "$history"
    # shellcheck disable=SC2086
    bash "$here/callers.sh" "$callers" "$model" ${cells[$history]}
done
