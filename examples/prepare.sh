#!/usr/bin/env bash
# Check and shrink files of one chromosome or more, before `archaictools haplotypes`:
#   prepare.sh BUILD OUT PANEL PEOPLE ARCHAIC[,MASK] ...
# BUILD is hg19 or hg38; PANEL is a VCF or BCF of modern people, PEOPLE a file with one name per line (ingroup and
# outgroup); ARCHAIC is a VCF of archaic genomes, MASK a BED of the bases to keep in it. All but PEOPLE and MASK are indexed.
# Written: OUT/modern.vcf.gz, OUT/archaic1.vcf.gz, ... with indexes, and OUT/checks.tsv. Nothing is downloaded.
set -euo pipefail
stop() { echo "prepare: error: $*" >&2; exit 3; }
warn() { echo "prepare: warning: $*" >&2; }
[ $# -ge 5 ] || { sed -n '2,6s/^# //p' "$0" >&2; exit 2; }
build=$1 out=$2 panel=$3 people=$4
shift 4
case $build in hg19 | hg38) ;; *) stop "the build is $build, expected hg19 or hg38" ;; esac
command -v bcftools > /dev/null || stop "bcftools is not on the PATH; install it first"
for file in "$panel" "$people" "${@%%,*}"; do [ -f "$file" ] || stop "$file: no such file"; done
rm -rf "$out.part" && mkdir -p "$out.part"
trap 'rm -rf "$out.part"' EXIT
checks=$out.part/checks.tsv
printf 'check\tfile\titem\texpected\tfound\tresult\n' > "$checks"

# Lengths of chromosomes in bp, as in lib/archaictools/io/builds.py.
lengths='chrom hg19 hg38
1 249250621 248956422
2 243199373 242193529
3 198022430 198295559
4 191154276 190214555
5 180915260 181538259
6 171115067 170805979
7 159138663 159345973
8 146364022 145138636
9 141213431 138394717
10 135534747 133797422
11 135006516 135086622
12 133851895 133275309
13 115169878 114364328
14 107349540 107043718
15 102531392 101991189
16 90354753 90338345
17 81195210 83257441
18 78077248 80373285
19 59128983 58617616
20 63025520 64444167
21 48129895 46709983
22 51304566 50818468
X 155270560 156040895'

# Common SNPs and their positions, 1-based: name, chromosome, hg19, hg38, the two alleles.
snps='rs1801133 1 11856378 11796321 G A
rs4988235 2 136608646 135851076 G A
rs1799853 10 96702047 94942290 C T
rs1800497 11 113270828 113400106 G A
rs4149056 12 21331549 21178615 T C
rs10774671 12 113357193 112919388 G A
rs12913832 15 28365618 28120472 A G
rs1426654 15 48426484 48134287 A G
rs429358 19 45411941 44908684 T C
rs13050728 21 34615210 33242905 T C
rs4680 22 19951271 19963748 G A'

# prefix FILE: chr if its chromosomes are named chr21, nothing if they are named 21.
prefix() { bcftools index --stats "$1" | awk 'NR == 1 { print ($1 ~ /^chr/) ? "chr" : "" }'; }

# check_lengths FILE: compare the lengths in a header with those of the build.
check_lengths() {
    local state
    state=$({ bcftools view --header-only "$1" | sed -n 's/^##contig=<ID=\(chr\)\{0,1\}\([0-9X]*\),.*length=\([0-9]*\).*/\2 \3/p'; } \
        | awk -v build="$build" -v table="$lengths" -v file="$1" -v OFS='\t' '
            BEGIN { n = split(table, rows, "\n"); for (i = 2; i <= n; i++) { split(rows[i], f, " "); want[f[1]] = build == "hg19" ? f[2] : f[3] } }
            $1 in want { good = $2 == want[$1]; print "length", file, $1, want[$1], $2, good ? "ok" : "differs" }')
    if [ -z "$state" ]; then
        printf 'length\t%s\tall\tNA\tNA\tNA\n' "$1" >> "$checks"
        warn "$1: the header gives no chromosome length, so lengths do not confirm $build"
        return
    fi
    printf '%s\n' "$state" >> "$checks"
    ! grep -q 'differs$' <<< "$state" \
        || stop "$1: chromosome $(awk '/differs$/ { print $3 " has " $5 " bp, expected " $4; exit }' <<< "$state") in $build; lift the file over, or name its build"
}

# check_snps FILE: look for common SNPs at their positions in either build.
check_snps() {
    local file=$1 chr name chrom old new one two position other here there right=0 wrong=0
    chr=$(prefix "$file")
    # at CHROM POSITION: print 1 if a record with both alleles begins there.
    at() {
        bcftools query --regions "$1:$2-$2" --format '%POS %REF,%ALT\n' "$file" 2> /dev/null | awk -v p="$2" -v a="$one" -v b="$two" '
            $1 == p { n = split($2, f, ","); for (i = 1; i <= n; i++) seen[f[i]] = 1 }
            END { print (seen[a] && seen[b]) + 0 }'
    }
    while read -r name chrom old new one two; do
        position=$new other=$old
        if [ "$build" = hg19 ]; then position=$old other=$new; fi
        here=$(at "$chr$chrom" "$position") there=$(at "$chr$chrom" "$other")
        if [ "$here" = 1 ]; then
            right=$((right + 1)) && printf 'position\t%s\t%s\t%s\t%s\tok\n' "$file" "$name" "$position" "$position" >> "$checks"
        elif [ "$there" = 1 ]; then
            wrong=$((wrong + 1)) && printf 'position\t%s\t%s\t%s\t%s\tdiffers\n' "$file" "$name" "$position" "$other" >> "$checks"
        else
            printf 'position\t%s\t%s\t%s\tNA\tNA\n' "$file" "$name" "$position" >> "$checks"
        fi
    done <<< "$snps"
    if [ "$wrong" -gt "$right" ]; then
        stop "$file: $wrong common SNPs are where the other build has them, and $right where $build has them; name its build, or lift it over"
    fi
    if [ "$right" = 0 ]; then
        warn "$file: none of the common SNPs is there, so positions do not confirm $build"
    else
        echo "$file: $right common SNPs are where $build has them"
    fi
}

check_lengths "$panel"
check_snps "$panel"

# Alleles that these people carry: all SNPs, and records that hold several bases. Their files are read many times faster.
bcftools view --samples-file "$people" --min-ac 1 --types snps,mnps,other --output-type z --output "$out.part/modern.vcf.gz" "$panel" \
    || stop "$panel: its people could not be extracted; is each name of $people a sample of it?"
bcftools index --tbi "$out.part/modern.vcf.gz"
sites=$(bcftools index --nrecords "$out.part/modern.vcf.gz")
[ "$sites" -gt 0 ] || stop "$panel: the people of $people differ from REF nowhere; is it a VCF of variants?"
echo "$panel: $sites records kept"

number=0
for given in "$@"; do
    number=$((number + 1))
    archaic=${given%%,*} mask=
    if [ "$given" != "$archaic" ]; then mask=${given#*,}; fi
    check_lengths "$archaic"
    # Positions of the modern people, named as in the archaic file, and within the mask. Each keeps its REF and ALT calls.
    chr=$(prefix "$archaic")
    bcftools query --format '%CHROM\t%POS\n' "$out.part/modern.vcf.gz" | sed "s/^chr//; s/^/$chr/" | sort -u -k1,1 -k2,2n > "$out.part/sites.tsv"
    keep=(cat)
    if [ -n "$mask" ]; then
        [ -f "$mask" ] || stop "$mask: no such file"
        case $mask in *.gz) reader=(gzip -dc) ;; *) reader=(cat) ;; esac
        "${reader[@]}" "$mask" | sed "s/^chr//; s/^/$chr/" | cut -f1-3 > "$out.part/mask.bed"
        keep=(bcftools view --targets-file "$out.part/mask.bed" --output-type u)
    fi
    bcftools view --targets-file "$out.part/sites.tsv" --output-type u "$archaic" | "${keep[@]}" \
        | bcftools view --output-type z --output "$out.part/archaic$number.vcf.gz"
    bcftools index --tbi "$out.part/archaic$number.vcf.gz"

    # REF is the base of the reference genome, so at sites of both files it is the same. Some panels have it as ALT.
    bcftools query --format '%CHROM:%POS\t%REF\t%ALT\n' "$out.part/modern.vcf.gz" | sed 's/^chr//' | awk 'length($2) == 1' | sort -u > "$out.part/ours.tsv"
    bcftools query --format '%CHROM:%POS\t%REF\n' "$out.part/archaic$number.vcf.gz" | sed 's/^chr//' | awk 'length($2) == 1' | sort -u > "$out.part/theirs.tsv"
    read -r shared same other < <(join -t $'\t' "$out.part/ours.tsv" "$out.part/theirs.tsv" | awk -F'\t' '
        { n++; if ($2 == $4) same++; else if (index("," $3 ",", "," $4 ",") == 0) other++ } END { print n + 0, same + 0, other + 0 }')
    result=ok
    if [ "$shared" -lt 20 ]; then
        result=NA
        warn "$archaic: only $shared sites of the modern people are in it, so REF does not confirm the build"
    elif [ $((100 * other)) -gt "$shared" ]; then
        stop "$archaic: REF is no allele of $panel at $other of $shared shared sites; lift over the one of another build"
    elif [ $((100 * same)) -lt $((99 * shared)) ]; then
        result=exchanged
        warn "$panel: REF and ALT are exchanged at $((shared - same - other)) of $shared sites of $archaic; to set REF back: bcftools norm --check-ref ws"
    fi
    printf 'REF\t%s\tshared sites\t%s\t%s\t%s\n' "$archaic" "$shared" "$same" "$result" >> "$checks"
    echo "$archaic: $(bcftools index --nrecords "$out.part/archaic$number.vcf.gz") of $sites sites kept, REF is the same at $same of $shared"
done
rm -f "$out.part"/{sites,ours,theirs}.tsv "$out.part/mask.bed"
rm -rf "$out" && mv "$out.part" "$out"
echo "Written: $out"
