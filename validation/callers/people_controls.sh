#!/usr/bin/env bash
# Controls on ten real people: people_controls.sh OUT DEMO PUBLISHED. DEMO is the folder people of `make demo-people`.
# Prints two tables. (1) People beside an outgroup of their own population, each CEU beside the nine others and each YRI
# beside the four others: what they share is in the outgroup, so nearly nothing may be called. (2) How often the bins of a
# posterior are confirmed by two of four published methods, with the Neanderthal genome and without.
set -euo pipefail
out=$1 demo=$2 published=$3
here=$(realpath "$(dirname "$0")")
mkdir -p "$out"
vcf=$demo/sstar.example.biallelic.snps.vcf.gz

# call INGROUP OUTGROUP KIND [OPTIONS]: encode and call with the Neanderthal genome or without.
call() {
    local archaic=()
    if [ "$3" = with ]; then archaic=(--archaic Nean --archaic-missing uncalled); fi
    archaictools haplotypes --vcf "$vcf" --ingroup "$1" --outgroup "$2" "${archaic[@]}" --force --quiet --out "$out/words.h5" > /dev/null
    archaictools predict pretrained "$out/words.h5" --force --quiet "${@:4}" > /dev/null
}
# joined NAME ...: the names, separated by commas.
joined() {
    local IFS=,
    printf '%s' "$*"
}
mapfile -t yri < "$demo/outgroup.txt"
mapfile -t ceu < <(cut -f1 "$demo/populations.tsv" | tail -n +2)
printf 'people\toutgroup\tgenome\tpercent called\tmost in one person\n'
for group in CEU YRI; do
    people=("${yri[@]}")
    [ $group = YRI ] || people=("${ceu[@]}")
    for kind in with without; do
        true > "$out/called.tsv"
        for person in "${people[@]}"; do
            mapfile -t others < <(printf '%s\n' "${people[@]}" | grep -vx "$person")
            call "$person" "$(joined "${others[@]}")" $kind --summary "$out/people.tsv"
            cut -f3,4 "$out/people.tsv" | tail -n +2 >> "$out/called.tsv"
        done
        awk -v OFS='\t' -v group=$group -v kind=$kind '{ called += $2; all += $1; share = 100 * $2 / $1; if (share > most) most = share }
            END { print NR " " group, NR - 1 " " group, kind, sprintf("%.2f", 100 * called / all), sprintf("%.2f", most) }' "$out/called.tsv"
    done
done
for kind in with without; do
    call "$(joined "${ceu[@]}")" "$(joined "${yri[@]}")" $kind --table "$out/table.tsv"
    printf '\nten CEU beside five YRI, %s the Neanderthal genome\n' $kind
    "${PYTHON:-python}" "$here/people_deciles.py" "$out/table.tsv" "$published"
done
