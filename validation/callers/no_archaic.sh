#!/usr/bin/env bash
# Measure false calls in people without archaic ancestry (expected fraction: 0): no_archaic.sh OUT [YARDSTICK]
# Four people of each history of no_archaic.py (20 Mb, seed 1), with 5, 50 and 500 outgroup samples, with and without an
# archaic genome. YARDSTICK (folder of run_hmmix.sh) and PYTHON2 (a Python with hmmix) add hmmix.
set -euo pipefail
out=$1 yardstick=${2:-}
here=$(realpath "$(dirname "$0")")
python=${PYTHON:-python}
mkdir -p "$out"
"$python" "$here/no_archaic.py" "$out"
printf '| history, outgroup samples | with an archaic genome | without | hmmix at 0.5 / 0.8 |\n|---|---|---|---|\n'
for history in 9K19 10J19 ooa3; do
    sim=$out/$history
    if [ ! -d "$sim" ]; then
        # shellcheck disable=SC2046
        archaictools simulate --model "$sim.yaml" $(cat "$sim.options") --ingroup 4 --outgroup 500 --seed 1 --quiet --out "$sim" > /dev/null
    fi
    for samples in 5 50 500; do
        head -n "$samples" "$sim/outgroup.txt" > "$out/outgroup.txt"
        row="$history, $samples"
        for kind in archaic none; do
            archaic=()
            if [ $kind = archaic ]; then archaic=(--archaic-vcf "$sim/archaic.chr1.vcf.gz" --archaic "$sim/archaic.txt"); fi
            archaictools haplotypes --vcf "$sim/modern.chr1.vcf.gz" --ingroup "$sim/ingroup.txt" --outgroup "$out/outgroup.txt" \
                "${archaic[@]}" --callable "$sim/callable.bed" --quiet --out "$out/words.h5" > /dev/null
            archaictools predict pretrained "$out/words.h5" --summary "$out/people.tsv" --quiet > /dev/null
            row+=" | $(awk 'NR > 1 { called += $4; all += $3 } END { printf "%.2f %%", 100 * called / all }' "$out/people.tsv")"
        done
        if [ -n "$yardstick" ]; then
            peer=$out/$history.$samples
            "$python" "$here/no_archaic.py" "$sim" "$out/outgroup.txt" "$peer"
            PATH=$(dirname "${PYTHON2:?must name a Python with hmmix}"):$PATH bash "$yardstick/run_hmmix.sh" "$peer" "$peer.hmmix" > /dev/null
            row+=" | $(awk '{ all += $3 - $2 } $6 >= 0.8 { sure += $3 - $2 } END { printf "%.1f %% / %.1f %%", all / 1.6e6, sure / 1.6e6 }' "$peer.hmmix/segments.bed")"
        fi
        printf '| %s |\n' "$row"
    done
done
