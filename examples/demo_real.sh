#!/usr/bin/env bash
# Run the k-mer chain on hg19 chr21 with published regions: demo_real.sh DATA OUT
# With one chromosome, blocks of 1 Mb are held out. validation/article/article.sh follows the article's protocol.
set -euo pipefail
data=$1 out=$2
for file in hg19.chr21.fa.gz akey_intr.hg19.bed.gz akey_depl.hg19.bed.gz hg19.genes.bed.gz; do
    [ -e "$data/$file" ] || { echo "demo-real: $data/$file is missing; name its folder: make demo-real DATA=FOLDER" >&2; exit 3; }
done
rm -rf "$out" && mkdir -p "$out"
genome=$data/hg19.chr21.fa.gz
regions=(--introgressed "$data/akey_intr.hg19.bed.gz" --depleted "$data/akey_depl.hg19.bed.gz" --chromosomes chr21)
step() { printf '\n== archaictools %s\n' "$1"; archaictools "$@"; }

step windows --genome "$genome" "${regions[@]}" --out "$out/windows.bed" --summary "$out/windows.tsv"
step tokenize "$out/windows.bed" --genome "$genome" --out "$out/words.h5" --vocabulary "$out/vocabulary.tsv"
step train "$out/words.h5" --split block --model "$out/model.h5" --metrics "$out/metrics.json" --history "$out/history.tsv" \
     --predictions "$out/heldout.tsv"
step evaluate "$out/model.h5" "$out/words.h5" --table "$out/evaluation.tsv" --metrics "$out/evaluation.json" \
     --plots "$out/plots"
step importance "$out/model.h5" "$out/words.h5" --windows 1000 --positions "$out/positions.tsv" \
     --kmers "$out/kmers.tsv" --attribution "$out/attribution.bw" --plot "$out/positions.png"
step embedding "$out/model.h5" --top 4000 --vectors "$out/vectors.tsv" --metadata "$out/metadata.tsv" \
     --umap "$out/umap.tsv" --plot "$out/embedding.png"
step windows --genome "$genome" --out "$out/tiles.bed"
step tokenize "$out/tiles.bed" --genome "$genome" --out "$out/tiles.h5"
step predict "$out/model.h5" "$out/tiles.h5" --bigwig "$out/introgressed.bw" --bed "$out/segments.bed" \
     --table "$out/predictions.tsv"
awk '$1 == "chr21"' <(gzip -dc "$data/hg19.genes.bed.gz") > "$out/annotation.bed"
step genes "$out/predictions.tsv" --annotation "$out/annotation.bed" --out "$out/genes.tsv" --bed "$out/genes.bed"
step report --words "$out/words.h5" --model "$out/model.h5" --metrics "$out/metrics.json" --history "$out/history.tsv" \
     --predictions "$out/heldout.tsv" --evaluation "$out/evaluation.json" --positions "$out/positions.tsv" \
     --kmers "$out/kmers.tsv" --attribution "$out/attribution.bw" --umap "$out/umap.tsv" --bigwig "$out/introgressed.bw" \
     --bed "$out/segments.bed" --genes "$out/genes.tsv" --out "$out/report.html"

cat <<END

Done. Open $out/report.html in a web browser; it needs no network.
$out/evaluation.tsv and $out/plots/comparison.png compare the model with every baseline.
make article runs the article's protocol, which leaks test windows into training.
Open $out/introgressed.bw in IGV or UCSC on hg19. $out/genes.tsv lists the genes.
END
