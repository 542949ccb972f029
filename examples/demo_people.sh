#!/usr/bin/env bash
# Find archaic segments of ten real people with the pretrained model: demo_people.sh OUT [DATA]
# Input: chr21 (hg19) of 10 CEU and 5 YRI of the 1000 Genomes, with Altai and Denisova. It comes from the source
# distribution of sstar 1.0.0 (Apache-2.0) on PyPI; its SHA-256 is checked. DATA adds a comparison with published calls.
set -euo pipefail
out=$1 data=${2:-}
here=$(dirname "$0")
python=${PYTHON:-python}
file=sstar-1.0.0/examples/data/real_data/sstar.example.biallelic.snps.vcf.gz
mkdir -p "$out/source"
if [ ! -f "$out/source/sstar-1.0.0.tar.gz" ]; then
    "$python" -m pip download --quiet --no-deps --no-binary :all: --dest "$out/source" sstar==1.0.0
fi
echo "1ed7afccf966f996509bfda832ffcdeed88eab3c5869598e1f556ab529a31756  $out/source/sstar-1.0.0.tar.gz" \
    | sha256sum --check --quiet
rm -rf "$out/people" && mkdir "$out/people"
tar -xzf "$out/source/sstar-1.0.0.tar.gz" -C "$out/people" --strip-components=4 "$file"
vcf=$out/people/${file##*/}
outgroup=$out/people/outgroup.txt
printf '%s\n' NA18486 NA18488 NA18489 NA18498 NA18499 > "$outgroup"  # YRI
# Europeans have almost no Denisovan DNA. Adding Denisova makes more old haplotypes look archaic (F1 0.70 instead of 0.72).
archaic=Nean
ingroup=$({ gzip -dc "$vcf" || true; } | grep -m1 '^#CHROM' | cut -f10- | tr '\t' '\n' | grep '^NA' | grep -vxFf "$outgroup" | paste -sd,)
step() { printf '\n== archaictools %s\n' "$1"; archaictools "$@"; }

# The VCF contains archaic genotypes only at non-REF sites; elsewhere they are REF or uncalled.
step haplotypes --vcf "$vcf" --ingroup "$ingroup" --outgroup "$outgroup" --archaic "$archaic" --archaic-missing uncalled \
    --out "$out/people/words.h5" --summary "$out/people/summary.tsv"
step predict pretrained "$out/people/words.h5" --bigwig "$out/people/tracks" --bed "$out/people/segments.bed" \
    --segments "$out/people/segments.tsv" --summary "$out/people/people.tsv" --deserts "$out/people/deserts.bed" \
    --record "$out/people/run.json"
genes=()
if [ -n "$data" ] && [ -f "$data/hg19.genes.bed.gz" ]; then
    step genes "$out/people/segments.tsv" --annotation "$data/hg19.genes.bed.gz" --out "$out/people/genes.tsv" \
        --bed "$out/people/genes.track.bed"
    genes=(--genes "$out/people/genes.tsv")
fi
# All ten are CEU: Utah residents with ancestry from northern and western Europe.
tr ',' '\n' <<< "$ingroup" | awk 'BEGIN { print "sample\tpopulation" } { print $0 "\tCEU" }' > "$out/people/populations.tsv"
step report --words "$out/people/words.h5" --segments "$out/people/segments.tsv" --summary "$out/people/people.tsv" \
    --bigwig "$out/people/tracks" --deserts "$out/people/deserts.bed" --record "$out/people/run.json" \
    --populations "$out/people/populations.tsv" "${genes[@]}" --label Nean="Altai Neanderthal" \
    --out "$out/report.html" --hub "$out/people/hub"
printf '\n== archaic alleles, and agreement with published calls if DATA is given\n'
"$python" "$here/../validation/callers/people.py" "$out/people" "$out/people/words.h5" "$out/people/segments.tsv" \
    ${data:+"$data/chr21.published_segments.10CEU.tsv"}
printf '\nOpen %s in a web browser, or %s (hg19) in IGV.\n' "$out/report.html" "$out/people/hub/igv_session.xml"
