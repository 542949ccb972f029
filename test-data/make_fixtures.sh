#!/usr/bin/env bash
# Make the small intermediate files that the Galaxy tool tests start from: bash test-data/make_fixtures.sh FOLDER
# words.h5, windows.bed and the tables come out the same everywhere; model.h5 (so predictions.*) may differ in the last
# digits on another machine.
set -euo pipefail
data=$(dirname "$0") out=$1
export TF_CPP_MIN_LOG_LEVEL=2
genome=$data/planted.fa.gz
scratch=$(mktemp -d) && trap 'rm -rf "$scratch"' EXIT

archaictools windows --genome "$genome" --introgressed "$data/introgressed.bed" --depleted "$data/depleted.bed" \
    --chromosomes chr3,chr4,chr5 --step 400 --out "$out/windows.bed"
archaictools tokenize "$out/windows.bed" --genome "$genome" --k 5 --out "$out/words.h5"
archaictools tokenize --fasta "$data/records.fa" --k 6 --out "$out/words_k6.h5"
archaictools train "$out/words.h5" --epochs 12 --rc --learning-rate 0.01 --model "$out/model.h5" \
    --metrics "$out/train_metrics.json" --history "$out/train_history.tsv" --predictions "$out/train_heldout.tsv"
archaictools windows --genome "$genome" --chromosomes chr4,chr5 --step 400 --out "$scratch/tiles.bed" \
    --by-chromosome "$scratch/parts"
for chrom in chr4 chr5; do
    archaictools tokenize "$scratch/parts/$chrom.bed" --genome "$genome" --k 5 --out "$scratch/$chrom.h5"
    archaictools predict "$out/model.h5" "$scratch/$chrom.h5" --bigwig "$out/predictions_$chrom.bw" \
        --table "$out/predictions_$chrom.tsv" --bed "$scratch/$chrom.bed"
done
cp "$scratch/chr5.bed" "$out/predictions_chr5.bed"

# The other results of this model, for reports.
archaictools evaluate "$out/model.h5" "$out/words.h5" --block-size 100000 --trees 20 --metrics "$out/evaluation.json"
archaictools importance "$out/model.h5" "$out/words.h5" --windows 200 --permutations 200 --min-count 100 \
    --positions "$out/positions.tsv" --kmers "$out/kmers.tsv"
archaictools importance "$out/model.h5" "$out/words.h5" --windows 12 --repeats 1 --permutations 1 \
    --attribution "$out/attribution.bw"  # of few windows, because it is large
archaictools embedding "$out/model.h5" --top 300 --umap "$out/umap.tsv"
archaictools genes "$out/predictions_chr5.tsv" --annotation "$data/genes.bed" --out "$out/genes_chr5.tsv"

# Four haplotypes with four true tracts on chr1 and one on chr2, an outgroup of five, one Neanderthal.
archaictools simulate --model 10J19 --outgroup 5 --ingroup 2 --archaic 1 --length 400000 --chromosomes 2 \
    --modern-variable-only --seed 9 --out "$scratch/people"
cp "$scratch/people/modern.chr1.vcf.gz" "$out/people.vcf.gz"
cp "$scratch/people/archaic.chr1.vcf.gz" "$out/archaic.vcf.gz"
cp "$scratch/people/modern.chr2.vcf.gz" "$out/people_chr2.vcf.gz"
cp "$scratch/people/archaic.chr2.vcf.gz" "$out/archaic_chr2.vcf.gz"
cp "$scratch/people/"{ingroup,outgroup,archaic}.txt "$out"
grep '^chr1\b' "$scratch/people/truth.bed" > "$out/tracts.bed"
archaictools haplotypes --vcf "$out/people.vcf.gz" --ingroup "$out/ingroup.txt" --outgroup "$out/outgroup.txt" \
    --archaic-vcf "$out/archaic.vcf.gz" --archaic ARC000 --truth "$out/tracts.bed" --out "$out/haplotypes.h5"

# Their results, for reports.
archaictools predict pretrained "$out/haplotypes.h5" --desert-length 50000 --bigwig "$scratch/tracks" \
    --segments "$out/called_segments.tsv" --callable "$out/called_callable.bed" --summary "$out/called_people.tsv" \
    --deserts "$out/called_deserts.bed" --record "$out/called_record.json" --sums "$out/called_sums.h5"
for track in "$scratch/tracks"/*.bw; do cp "$track" "$out/called_$(basename "$track")"; done
archaictools genes "$out/called_segments.tsv" --annotation "$data/genes.bed" --callable "$out/called_callable.bed" \
    --out "$out/called_genes.tsv"
archaictools evaluate pretrained "$out/haplotypes.h5" --metrics "$out/called_evaluation.json"
printf 'sample\tpopulation\nIN000\tCEU\nIN001\tCEU\n' > "$out/populations.tsv"
awk -v OFS='\t' 'BEGIN { print "sample", "population" } { print $1, FILENAME ~ /outgroup/ ? "AFR" : "EUR" }' \
    "$out/outgroup.txt" "$out/ingroup.txt" > "$out/groups.tsv"
archaictools candidates --vcf "$out/people.vcf.gz" --archaic-vcf "$out/archaic.vcf.gz" --archaic ARC000 \
    --groups "$out/groups.tsv" --reference-group AFR --target-group EUR --target-above 0.2 \
    --segments "$out/called_segments.tsv" --callable "$out/called_callable.bed" --summary "$out/called_people.tsv" \
    --out "$out/called_candidates.tsv"

# The results of one run on both chromosomes, which the joined results of two runs equal.
both=(--ingroup "$out/ingroup.txt" --outgroup "$out/outgroup.txt" --archaic ARC000)
both+=(--archaic-vcf "$out/archaic.vcf.gz" --archaic-vcf "$out/archaic_chr2.vcf.gz")
archaictools haplotypes --vcf "$out/people.vcf.gz" --vcf "$out/people_chr2.vcf.gz" "${both[@]}" --out "$scratch/both.h5"
archaictools predict pretrained "$scratch/both.h5" --bigwig "$scratch/both" --segments "$out/both_segments.tsv" \
    --callable "$out/both_callable.bed" --summary "$out/both_people.tsv"
cp "$scratch/both/mean.bw" "$out/both_mean.bw"
cp "$scratch/both/IN001.2.bw" "$out/both_IN001.2.bw"
awk '$1 ~ /^chr[12]$/ && $3 <= 400000' "$data/genes.bed" > "$out/both_genes.bed"
archaictools genes "$out/both_segments.tsv" --annotation "$out/both_genes.bed" --callable "$out/both_callable.bed" \
    --out "$out/both_genes.tsv"
archaictools haplotypes --vcf "$out/people_chr2.vcf.gz" "${both[@]}" --out "$out/haplotypes_chr2.h5"
archaictools predict pretrained "$out/haplotypes_chr2.h5" --desert-length 50000 --bigwig "$scratch/chr2" \
    --sums "$out/chr2_sums.h5"
cp "$scratch/chr2/IN001.2.bw" "$out/chr2_IN001.2.bw"

# Genes as interval datasets: with a GeneID in column 5, as NCBI's; of chr5, columns in another order; of chr5, no names.
awk -v OFS='\t' '{ print $1, $2, $3, $4, 100287102 + NR, $6 }' "$data/genes.bed" > "$out/genes_geneid.bed"
awk -v OFS='\t' 'BEGIN { print "#name", "strand", "chrom", "start", "end" } $1 == "chr5" { print $4, $6, $1, $2, $3 }' \
    "$data/genes.bed" > "$out/genes_columns.interval"
awk -v OFS='\t' 'BEGIN { print "#chrom", "start", "end", "strand" } $1 == "chr5" { print $1, $2, $3, $6 }' \
    "$data/genes.bed" > "$out/genes_unnamed.interval"
printf '#start\tend\tchrom\n0\t400000\tchr1\n' > "$out/callable.interval"
awk '$1 == "chr5" { sub(/^chr/, ""); print }' "$data/genes.bed" > "$out/genes_plain.bed"
printf 'chr1\t0\t600000\t4\n' > "$out/callable_haplotypes.bed"
