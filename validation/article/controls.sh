#!/usr/bin/env bash
# Check the verdict on three genomes with known truth: controls.sh TEST-DATA OUT [DATA]
#   planted   motifs planted in one class:                      skill
#   shuffled  the same windows with shuffled labels:            no skill
#   noise     random sequence under overlapping regions, windows split at random as in the article: leaky
# With DATA the noise uses the published regions of chr22:20,000,000-26,000,000, otherwise generated regions.
set -euo pipefail
planted=$1 out=$2 data=${3:-}
rm -rf "$out" && mkdir -p "$out"
here=$(dirname "$0")
step() { archaictools "$@" --quiet > /dev/null; }
judge() { # NAME EXPECTED TRAIN-OPTIONS...
    local name=$1 expected=$2; shift 2
    step tokenize "$out/$name.bed" --genome "$out/$name.fa" --out "$out/$name.h5"
    step train "$out/$name.h5" "$@" --model "$out/$name.model.h5"
    step evaluate "$out/$name.model.h5" "$out/$name.h5" --metrics "$out/$name.json" --table "$out/$name.tsv"
    python3 - "$out/$name.json" "$name" "$expected" <<'PYTHON'
import json, sys
path, name, expected = sys.argv[1:]
found = json.load(open(path))
print(f"{name:9} {found['verdict']:9} AUROC {found['test']['auroc']:.3f}: {found['reason']}")
sys.exit(0 if found["verdict"] == expected else f"expected {expected}")
PYTHON
}

gzip -dc "$planted/planted.fa.gz" | tee "$out/planted.fa" > "$out/shuffled.fa"
step windows --genome "$out/planted.fa" --introgressed "$planted/introgressed.bed" --depleted "$planted/depleted.bed" \
     --out "$out/planted.bed"
judge planted skill
python3 "$here/make_control.py" shuffle "$out/planted.bed" "$out/shuffled.bed"
judge shuffled "no skill"
python3 "$here/make_control.py" noise "$out" ${data:+"$data"}
step windows --genome "$out/noise.fa" --introgressed "$out/noise.introgressed.bed" \
     --depleted "$out/noise.depleted.bed" --no-merge --out "$out/noise.bed"
judge noise leaky --split random
