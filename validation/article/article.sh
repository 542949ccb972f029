#!/usr/bin/env bash
# Run the article's protocol and compare its accuracy with the audit's verdict: article.sh DATA OUT
# As in the article: published rows unmerged (--no-merge), windows split at random, 10-mers, Embedding(10), bidirectional
# LSTM(10), Dense(10), Keras' default forget bias (--forget-bias unit), the last of five epochs. One change: batches of
# 256 with a matching learning rate, because batches of 32 take most of a day on two cores.
set -euo pipefail
data=$1 out=$2
genome=${GENOME:-$data/hg19.chr21.fa.gz}
chromosomes=${CHROMOSOMES:-chr21}
for file in "$genome" "$data"/{akey_intr,akey_depl}.hg19.bed.gz "$data/article_gene_predictions.tsv.gz"; do
    [ -e "$file" ] || { echo "article: $file is missing; name its folder: make article DATA=FOLDER" >&2; exit 3; }
done
rm -rf "$out" && mkdir -p "$out"
step() { printf '\n== archaictools %s\n' "$1"; archaictools "$@"; }

step windows --genome "$genome" --introgressed "$data/akey_intr.hg19.bed.gz" --depleted "$data/akey_depl.hg19.bed.gz" \
     --chromosomes "$chromosomes" --no-merge --out "$out/windows.bed" --summary "$out/windows.tsv"
step tokenize "$out/windows.bed" --genome "$genome" --out "$out/words.h5" --vocabulary "$out/vocabulary.tsv"
step audit "$out/words.h5" --split random --out "$out/audit.json"
step train "$out/words.h5" --split random --forget-bias unit --batch-size 256 --learning-rate 0.003 --patience 0 --keep last \
     --model "$out/model.h5" --metrics "$out/metrics.json" --history "$out/history.tsv"
step evaluate "$out/model.h5" "$out/words.h5" --leave-out shuffled_labels --metrics "$out/evaluation.json" \
     --table "$out/evaluation.tsv" --plots "$out/plots"
step importance "$out/model.h5" "$out/words.h5" --mode word --metric accuracy --threshold 0.01 --windows 1000 \
     --positions "$out/positions.tsv" --kmers "$out/kmers.tsv" --plot "$out/positions.png"
step embedding "$out/model.h5" --top 5000 --vectors "$out/vectors.tsv" --metadata "$out/metadata.tsv" \
     --word2vec "$out/words.h5" --word2vec-vectors "$out/word2vec.tsv" --clustering "$out/clustering.tsv"
gzip -dc "$data/article_gene_predictions.tsv.gz" | awk -F'\t' -v OFS='\t' -v wanted=",$chromosomes," '
    NR > 1 { split($1, place, /[:-]/); if (index(wanted, "," place[1] ",")) print place[1], place[2] - 1, place[3], $2 }' \
    | sort -k1,1 -k2,2n -k3,3n -u > "$out/annotation.bed"
step windows --genome "$genome" --regions "$out/annotation.bed" --chromosomes "$chromosomes" --out "$out/genes.windows.bed"
step tokenize "$out/genes.windows.bed" --genome "$genome" --out "$out/genes.h5"
step predict "$out/model.h5" "$out/genes.h5" --table "$out/predictions.tsv" --bigwig "$out/introgressed.bw"
step genes "$out/predictions.tsv" --annotation "$out/annotation.bed" --out "$out/genes.tsv" \
     --published "$data/article_gene_predictions.tsv.gz" --agreement "$out/agreement.json"

printf '\n-- accuracy of the protocol, and the verdict on it\n'
python3 - "$out" <<'PYTHON'
import json, sys
from pathlib import Path
out = Path(sys.argv[1])
audit, found = (json.loads((out / name).read_text()) for name in ("audit.json", "evaluation.json"))
print(f"accuracy of the LSTM          {found['test']['accuracy']:.1%}   (the article: 99 %)")
print(f"accuracy of the Random Forest {found['models']['random_forest']['accuracy']:.1%}")
print(f"accuracy of the coordinate    {found['models']['nearest_coordinate']['accuracy']:.1%}   (no sequence used)")
print(f"audit: {audit['verdict']} ({audit['reason']})")
print(f"verdict: {found['verdict']}")
PYTHON
