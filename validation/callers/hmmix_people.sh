#!/usr/bin/env bash
# Run hmmix 0.8.0 on the ten people and five outgroup samples of demo_people.sh: hmmix_people.sh VCF FASTA OUT
# VCF is in the folder people of `make demo-people`, beside outgroup.txt. FASTA is chr21 of hg19. REF replaces the
# ancestral genome. Needs hmmix, bcftools and vcftools on PATH.
# people.py reads OUT/segments.tsv.
set -euo pipefail
vcf=$(realpath "$1") fasta=$(realpath "$2")
mkdir -p "$3" && cd "$3"
export NUMBA_NUM_THREADS=1 OMP_NUM_THREADS=1
gzip -dc "$fasta" | sed 's/^>chr/>/' > 21.fa
mapfile -t outgroup < "$(dirname "$vcf")/outgroup.txt"
mapfile -t ingroup < <({ gzip -dc "$vcf" || true; } | grep -m1 '^#CHROM' | cut -f10- | tr '\t' '\n' | grep '^NA' \
    | grep -vxF "$(printf '%s\n' "${outgroup[@]}")")
quoted() { printf '"%s",' "$@" | sed 's/,$//'; }
printf '{"ingroup": [%s], "outgroup": [%s]}\n' "$(quoted "${ingroup[@]}")" "$(quoted "${outgroup[@]}")" > people.json
hmmix create_outgroup -ind=people.json -vcf="$vcf" -ancestral=21.fa -refgenome=21.fa -out=outgroup.txt
hmmix mutation_rate -outgroup=outgroup.txt -window_size=1000000 -out=rates.bed
hmmix create_ingroup -ind=people.json -vcf="$vcf" -ancestral=21.fa -outgroup=outgroup.txt -out=obs
printf 'chrom\tstart\tend\tsample\thaplotype\tposterior\n' > segments.part
for person in "${ingroup[@]}"; do
    hmmix train -obs="obs.$person.txt" -mutrates=rates.bed -haploid -out="$person.json"
    hmmix decode -obs="obs.$person.txt" -mutrates=rates.bed -param="$person.json" -haploid -out="decoded.$person"
    for haplotype in 1 2; do
        awk -v OFS='\t' -v s="$person" -v h=$haplotype 'NR > 1 && $5 == "Archaic" { print $1, $2, $3, s, h, $6 }' \
            "decoded.$person.hap$haplotype.txt" >> segments.part
    done
done
mv segments.part segments.tsv
