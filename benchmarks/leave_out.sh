#!/usr/bin/env bash
# What a history that training never saw does to the calls: leave_out.sh PRETRAIN CALLERS
# PRETRAIN is the folder of pretrain.sh, CALLERS that of callers.sh. Short trainings, all equally long, each without one
# history; measured on people of that history, beside the same training with nothing left out.
set -euo pipefail
pretrain=$1 callers=$2
here=$(dirname "$0")
declare -A cells=([9K19]=9K19_50_1 [10J19]=10J19_50_1 [ooa3]=ooa3_200_1 [structured]="9K19_50_1 10J19_50_1 ooa3_200_1")
export EPOCHS=${EPOCHS:-4}
for history in none 9K19 10J19 ooa3 structured; do
    model=$pretrain/without-$history.h5
    [ -f "$model" ] || LEAVE_OUT=$history bash "$here/pretrain.sh" "$pretrain" "$model"
    printf '\nwithout %s, %s epochs\n\n' "$history" "$EPOCHS"
    # shellcheck disable=SC2086
    bash "$here/callers.sh" "$callers" "$model" ${cells[$history]:-${cells[structured]}}
done
