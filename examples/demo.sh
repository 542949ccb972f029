#!/usr/bin/env bash
# Archaic segments in simulated people, and the whole chain on the planted genome: demo.sh TEST-DATA OUT
set -euo pipefail
data=$1 out=$2
rm -rf "$out" && mkdir -p "$out"
step() { printf '\n== archaictools %s\n' "$1"; archaictools "$@"; }

# People: four simulated ones, whose true tracts are known. The pretrained model needs no training; HMMs on the same words.
step simulate --model ooa3 --outgroup 20 --ingroup 4 --archaic 1 --length 5000000 --out "$out/people"
step haplotypes --vcf "$out/people/modern.chr1.vcf.gz" --ingroup "$out/people/ingroup.txt" --outgroup "$out/people/outgroup.txt" \
     --archaic-vcf "$out/people/archaic.chr1.vcf.gz" --archaic "$out/people/archaic.txt" --truth "$out/people/truth.bed" \
     --out "$out/haplotypes.h5"
step predict pretrained "$out/haplotypes.h5" --bigwig "$out/haplotypes" --bed "$out/haplotypes.bed" \
     --segments "$out/haplotypes.tsv" --summary "$out/people.tsv"
step evaluate pretrained "$out/haplotypes.h5" --table "$out/lstm_against_hmm.tsv" --plots "$out/lstm_against_hmm"

# A genome with something planted in it: the article's chain.
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
# Now the whole genome, labelled or not, in half-overlapping windows.
step windows --genome "$data/planted.fa.gz" --step 100 --out "$out/tiles.bed"
step tokenize "$out/tiles.bed" --genome "$data/planted.fa.gz" --out "$out/tiles.h5"
step predict "$out/model.h5" "$out/tiles.h5" --bigwig "$out/introgressed.bw" --bed "$out/segments.bed" \
     --table "$out/predictions.tsv"
step genes "$out/predictions.tsv" --annotation "$data/genes.bed" --out "$out/genes.tsv" --bed "$out/genes.bed"
cat <<END

Done. Of people, look at:
  $out/haplotypes.bed     archaic segments, haplotype by haplotype (true ones: people/truth.bed); a track each in haplotypes/
  $out/people.tsv         how much archaic sequence each person has
  $out/lstm_against_hmm/comparison.png   the model beside HMMs on the same words (table: lstm_against_hmm.tsv)

Of the planted genome:
  $out/windows.tsv        what was merged, clipped and dropped, and why
  $out/metrics.json       how good the model is on held-out chromosomes, and the verdict
  $out/plots/comparison.png   the model beside every control (table: evaluation.tsv)
  $out/positions.png      which positions matter      (table: positions.tsv)
  $out/kmers.tsv          the k-mers that stand there (planted: see $data/README.md)
  $out/embedding.png      the learnt words, mapped    (vectors.tsv + metadata.tsv: Embedding Projector)
  $out/introgressed.bw    P(introgressed) along the genome, for IGV or UCSC; segments.bed, attribution.bw beside it
  $out/genes.tsv          which genes are introgressed
END
