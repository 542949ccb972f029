#!/usr/bin/env bash
# Find archaic segments in simulated people, then run the k-mer chain on the planted genome: demo.sh TEST-DATA OUT
set -euo pipefail
data=$1 out=$2
rm -rf "$out" && mkdir -p "$out"
step() { printf '\n== archaictools %s\n' "$1"; archaictools "$@"; }

# Haplotypes: four simulated people with known tracts. The pretrained model is compared with HMMs on the same words.
step simulate --model ooa3 --outgroup 20 --ingroup 4 --archaic 1 --length 5000000 --out "$out/people"
step haplotypes --vcf "$out/people/modern.chr1.vcf.gz" --ingroup "$out/people/ingroup.txt" --outgroup "$out/people/outgroup.txt" \
     --archaic-vcf "$out/people/archaic.chr1.vcf.gz" --archaic "$out/people/archaic.txt" --truth "$out/people/truth.bed" \
     --out "$out/haplotypes.h5"
step predict pretrained "$out/haplotypes.h5" --bigwig "$out/haplotypes" --bed "$out/haplotypes.bed" \
     --segments "$out/haplotypes.tsv" --summary "$out/people.tsv" --record "$out/haplotypes.json"
step evaluate pretrained "$out/haplotypes.h5" --table "$out/lstm_against_hmm.tsv" --plots "$out/lstm_against_hmm" \
     --metrics "$out/lstm_against_hmm.json"
step report --words "$out/haplotypes.h5" --segments "$out/haplotypes.tsv" --summary "$out/people.tsv" \
     --bigwig "$out/haplotypes" --evaluation "$out/lstm_against_hmm.json" --record "$out/haplotypes.json" \
     --label ARC000=Neanderthal --title "Archaic segments of four simulated people" --out "$out/report.html" --hub "$out/hub"

# k-mers: a genome with planted motifs.
step windows --genome "$data/planted.fa.gz" --introgressed "$data/introgressed.bed" --depleted "$data/depleted.bed" \
     --out "$out/windows.bed" --summary "$out/windows.tsv"
step tokenize "$out/windows.bed" --genome "$data/planted.fa.gz" --out "$out/words.h5" --vocabulary "$out/vocabulary.tsv"
step train "$out/words.h5" --model "$out/model.h5" --history "$out/history.tsv" --metrics "$out/metrics.json" \
     --predictions "$out/heldout.tsv"
step evaluate "$out/model.h5" "$out/words.h5" --table "$out/evaluation.tsv" --metrics "$out/evaluation.json" \
     --plots "$out/plots"
step importance "$out/model.h5" "$out/words.h5" --windows 1000 --positions "$out/positions.tsv" \
     --kmers "$out/kmers.tsv" --attribution "$out/attribution.bw" --plot "$out/positions.png"
step embedding "$out/model.h5" --top 4000 --vectors "$out/vectors.tsv" --metadata "$out/metadata.tsv" \
     --umap "$out/umap.tsv" --plot "$out/embedding.png"
# Predict the whole genome, labelled or not, in half-overlapping windows.
step windows --genome "$data/planted.fa.gz" --step 100 --out "$out/tiles.bed"
step tokenize "$out/tiles.bed" --genome "$data/planted.fa.gz" --out "$out/tiles.h5"
step predict "$out/model.h5" "$out/tiles.h5" --bigwig "$out/introgressed.bw" --bed "$out/segments.bed" \
     --table "$out/predictions.tsv"
step genes "$out/predictions.tsv" --annotation "$data/genes.bed" --out "$out/genes.tsv" --bed "$out/genes.bed"
step report --words "$out/words.h5" --model "$out/model.h5" --metrics "$out/metrics.json" --history "$out/history.tsv" \
     --predictions "$out/heldout.tsv" --evaluation "$out/evaluation.json" --positions "$out/positions.tsv" \
     --kmers "$out/kmers.tsv" --attribution "$out/attribution.bw" --umap "$out/umap.tsv" --bigwig "$out/introgressed.bw" \
     --bed "$out/segments.bed" --genes "$out/genes.tsv" --title "K-mers of an artificial genome with planted motifs" \
     --out "$out/report_kmers.html"
cat <<END

Done. Open these two pages in a web browser; they need no network:
  $out/report.html        archaic segments of the simulated people
  $out/report_kmers.html  what the network has learnt in the planted genome

Files of the simulated people:
  $out/haplotypes.bed     archaic segments of each haplotype (true tracts: people/truth.bed); one track each in haplotypes/
  $out/people.tsv         amount of archaic sequence in each person
  $out/lstm_against_hmm/comparison.png   the model compared with HMMs on the same words (table: lstm_against_hmm.tsv)
  $out/hub                tracks for IGV (igv_session.xml) and UCSC (hub.txt)

Files of the planted genome:
  $out/windows.tsv        counts of merged, clipped and dropped regions, with the reasons
  $out/metrics.json       accuracy on held-out chromosomes, and the verdict
  $out/plots/comparison.png   the model compared with every baseline (table: evaluation.tsv)
  $out/positions.png      importance of each position (table: positions.tsv)
  $out/kmers.tsv          enriched k-mers at important positions (planted motifs: $data/README.md)
  $out/embedding.png      map of the learnt k-mer vectors (vectors.tsv and metadata.tsv: Embedding Projector)
  $out/introgressed.bw    P(introgressed) along the genome, for IGV or UCSC, with segments.bed and attribution.bw
  $out/genes.tsv          P(introgressed) of each gene
END
