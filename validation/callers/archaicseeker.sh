#!/usr/bin/env bash
# Call the people of the public examples of ArchaicSeeker and compare: archaicseeker.sh OUT PEOPLE_VCF [AS2_EXAMPLES] [AS3_EXAMPLES]
# AS2_EXAMPLES is the folder examples/ of ArchaicSeeker 2.0, AS3_EXAMPLES that of ArchaicSeeker 3.1 (read its licence:
# academic and non-commercial); - leaves one out. PEOPLE_VCF is the file of demo_people.sh (chr21, hg19; five YRI, Altai), beside outgroup.txt.
set -euo pipefail
out=$1 people=$2 two=${3:--} three=${4:--}
here=$(realpath "$(dirname "$0")")
python=${PYTHON:-python}
mkdir -p "$out"
# calls NAME VCF INGROUP OUTGROUP [OPTIONS]: segments of one cell.
calls() {
    local to=$out/$1 vcf=$2 ingroup=$3 outgroup=$4
    shift 4
    archaictools haplotypes --vcf "$vcf" --ingroup "$ingroup" --outgroup "$outgroup" "$@" --force --quiet --out "$to.h5"
    archaictools predict pretrained "$to.h5" --segments "$to.tsv" --summary "$to.people.tsv" --force --quiet
}
if [ "$two" != - ]; then
    yri=$(paste -sd, "$(dirname "$people")/outgroup.txt")
    { printf '##fileformat=VCFv4.2\n##contig=<ID=21,length=48129895>\n##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n'
      gzip -dc "$two/Han.chr21.vcf.gz"; } | bcftools view --output-type z --output "$out/han.vcf.gz"
    bcftools view --samples $yri --output-type z --output "$out/yri.vcf.gz" "$people"
    bcftools view --samples Nean --output-type z --output "$out/altai.vcf.gz" "$people"
    for file in han yri altai; do bcftools index --force --tbi "$out/$file.vcf.gz"; done
    bcftools merge --missing-to-ref --output-type z --output "$out/merged.vcf.gz" "$out/han.vcf.gz" "$out/yri.vcf.gz"
    calls han "$out/merged.vcf.gz" Han-1,Han-2,Han-3 $yri --archaic-vcf "$out/altai.vcf.gz" --archaic Nean --archaic-missing uncalled
    "$python" "$here/archaicseeker.py" two "$out/han" "$two/Han.seg"
fi
if [ "$three" != - ]; then
    head -n 20 "$three/raw_data/sample_info/CHB.sample.txt" > "$out/chb.txt"
    yri=$three/raw_data/sample_info/YRI.sample.txt
    for name in ref target; do
        bcftools view --output-type z --output "$out/$name.vcf.gz" "$three/preprocessed/${name}_panel.chr22.vcf.gz"
        bcftools index --force --tbi "$out/$name.vcf.gz"
    done
    bcftools view --samples-file "$yri" --output-type z --output "$out/yri22.vcf.gz" "$out/ref.vcf.gz"
    bcftools index --force --tbi "$out/yri22.vcf.gz"
    bcftools merge --output-type z --output "$out/shipped.vcf.gz" "$out/target.vcf.gz" "$out/yri22.vcf.gz"
    for name in Nean Den; do bcftools sort --output-type z --output "$out/$name.vcf.gz" "$three/raw_data/vcf/$name.hg38.22.part.vcf.gz"; done
    "$python" "$here/archaicseeker.py" exchange "$out/shipped.vcf.gz" "$out/panel.vcf.gz" "$out/Nean.vcf.gz" "$out/Den.vcf.gz"
    neanderthal=(--archaic-vcf "$out/Nean.vcf.gz") both=(--archaic-vcf "$out/Nean.vcf.gz" --archaic-vcf "$out/Den.vcf.gz" --archaic "Nea,DEN")
    calls both "$out/panel.vcf.gz" "$out/chb.txt" "$yri" "${both[@]}"
    calls neanderthal "$out/panel.vcf.gz" "$out/chb.txt" "$yri" "${neanderthal[@]}" --archaic Nea
    calls none "$out/panel.vcf.gz" "$out/chb.txt" "$yri"
    calls shipped "$out/shipped.vcf.gz" "$out/chb.txt" "$yri" "${both[@]}"
    for name in both neanderthal none shipped; do
        "$python" "$here/archaicseeker.py" three "$out/$name" "$three/aseeker3_results_20250715/chr22/introgression_prediction.bed"
    done
fi
