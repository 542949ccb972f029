"""Chromosomes that are read, predicted and joined one by one, as the Galaxy workflow does, give what one run gives."""

from __future__ import annotations

import numpy as np
import pytest
from pysam import tabix_compress, tabix_index

import archaictools as at
from archaictools.errors import InputError, UsageError
from archaictools.report.people.encoded import read_encoded
from archaictools.report.people.loading import PeopleFiles, load_people_results
from helpers import ROOT

DATA = ROOT / "test-data"
VCF = {"chr1": DATA / "people.vcf.gz", "chr2": DATA / "people_chr2.vcf.gz"}
ARCHAIC = [DATA / "archaic_chr2.vcf.gz", DATA / "archaic.vcf.gz"]
PEOPLE = {"ingroup": DATA / "ingroup.txt", "outgroup": DATA / "outgroup.txt", "archaic": "ARC000"}


def encoded(out, vcf, archaic=ARCHAIC):
    return at.haplotypes(vcf=vcf, archaic_vcf=archaic, out=out, **PEOPLE)


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """Words, sums and record of each chromosome."""
    folder = tmp_path_factory.mktemp("parts")
    made = {"words": [], "sums": [], "record": []}
    for chrom, vcf in VCF.items():
        words = encoded(folder / f"{chrom}.h5", vcf).path
        named = {kind: folder / f"{chrom}.{kind}" for kind in ("sums", "record")}
        at.predict(model="pretrained", words=words, **named)
        for kind, path in {"words": words, **named}.items():
            made[kind].append(path)
    return made


def test_joined_results_are_those_of_one_run(parts, tmp_path):
    files = {"segments": "segments.tsv", "summary": "people.tsv", "callable": "callable.bed", "mean": "mean.bw"}
    result = at.merge(parts["sums"], **{name: tmp_path / file for name, file in files.items()})
    for file in files.values():
        assert (tmp_path / file).read_bytes() == (DATA / f"both_{file}").read_bytes(), file
    assert result.facts["merged"] == "2 sums parts of 2 people on 2 chromosomes"
    one = at.merge(parts["sums"][0], bed=tmp_path / "one.bed")
    assert one.facts["merged"] == "1 sums part of 2 people on 1 chromosome"


def test_the_track_line_precedes_the_joined_segments(parts, tmp_path):
    words = encoded(tmp_path / "both.h5", list(VCF.values())).path
    at.predict(model="pretrained", words=words, bed=tmp_path / "whole.bed", track_line=True)
    at.merge(parts["sums"], bed=tmp_path / "joined.bed", track_line=True)
    at.merge(parts["sums"], bed=tmp_path / "plain.bed")
    first, _, rows = (tmp_path / "joined.bed").read_text().partition("\n")
    assert first.startswith("track name=")
    assert rows == (tmp_path / "plain.bed").read_text()
    assert (tmp_path / "joined.bed").read_bytes() == (tmp_path / "whole.bed").read_bytes()
    with pytest.raises(UsageError, match="--track-line is the first line of --bed, which is missing"):
        at.merge(parts["sums"], segments=tmp_path / "s.tsv", track_line=True)
    with pytest.raises(UsageError, match="--track-line: only for sums"):
        at.merge(DATA / "called_mean.bw", out=tmp_path / "m.bw", track_line=True)


def test_a_job_reads_only_its_own_chromosome_of_an_archaic_genome(tmp_path):
    """Of one archaic file of both chromosomes, with an index and without, and of one file for each."""
    text = b"".join(
        line
        for number, path in enumerate((DATA / "archaic.vcf.gz", DATA / "archaic_chr2.vcf.gz"))
        for line in _lines(path)
        if not number or not line.startswith(b"#")
    )
    both = tmp_path / "both.vcf"
    both.write_bytes(text)
    indexed = tmp_path / "indexed.vcf.gz"
    tabix_compress(str(both), str(indexed))
    tabix_index(str(indexed), preset="vcf")
    expected = encoded(tmp_path / "apart.h5", VCF["chr2"]).summary
    tables = {path: encoded(tmp_path / "w.h5", VCF["chr2"], path).summary for path in (both, indexed)}
    for table in [expected, *tables.values()]:
        rows = table[table["class"] == "archaic"].set_index("item")["count"]
        assert rows["sites of modern people found"] == 2_611
    read = {path: table[table["item"] == "records read"].set_index("class")["count"] for path, table in tables.items()}
    assert read[indexed]["archaic"] == read[indexed]["modern"]
    assert read[both]["archaic"] > read[indexed]["archaic"]
    unused = expected[expected["item"].str.startswith("files without a record")]
    assert unused["count"].tolist() == [1]


def _lines(path):
    import gzip

    return gzip.decompress(path.read_bytes()).splitlines(keepends=True)


def test_facts_of_words_of_several_files_are_those_of_one(parts, tmp_path):
    whole = encoded(tmp_path / "both.h5", list(VCF.values())).path
    one, people, lengths, regions = read_encoded([whole], regions=True)
    some, same_people, same_lengths, same_regions = read_encoded(parts["words"], regions=True)
    assert (same_people, same_lengths) == (people, {"chr1": 400_000, "chr2": 400_000})
    assert lengths == same_lengths
    assert same_regions.equals(regions)
    for name in ("outgroup", "archaic", "sites", "unphased", "reference_calls", "bin", "labelled", "unlike_training"):
        assert getattr(some, name) == getattr(one, name), name
    assert some.sites == 5_092
    assert some.missing == pytest.approx(one.missing)
    assert np.isfinite(list(some.missing.values())).all()
    assert [len(each.others) for each in (one, some)] == [0, 1]


def test_words_that_do_not_belong_together_are_refused(parts, tmp_path):
    with pytest.raises(InputError, match=r"again.h5: has chr1, as .*chr1.h5; give the files of one run"):
        again = tmp_path / "again.h5"
        again.write_bytes(parts["words"][0].read_bytes())
        read_encoded([parts["words"][0], again], regions=False)
    alone = at.haplotypes(vcf=VCF["chr2"], out=tmp_path / "a.h5", ingroup="IN000,", outgroup=PEOPLE["outgroup"]).path
    with pytest.raises(InputError, match=r"a.h5: has other people than .*chr1.h5 \(IN001\)"):
        read_encoded([parts["words"][0], alone], regions=False)
    others = PEOPLE | {"outgroup": "OUT000,OUT001"}
    fewer = at.haplotypes(vcf=VCF["chr2"], archaic_vcf=ARCHAIC, out=tmp_path / "f.h5", **others).path
    with pytest.raises(InputError, match=r"f.h5: has an outgroup of 2, but .*chr1.h5 has an outgroup of 5"):
        read_encoded([parts["words"][0], fewer], regions=False)


def test_a_report_takes_the_words_and_records_of_all_parts(parts, tmp_path):
    files = {"segments": DATA / "both_segments.tsv", "summary": DATA / "both_people.tsv"}
    files["callable"] = DATA / "both_callable.bed"
    found = load_people_results(PeopleFiles(**files, words=tuple(parts["words"]), record=tuple(parts["record"])))
    assert list(found.lengths) == ["chr1", "chr2"]
    assert len(found.other_records) == len(found.encoded.others) == 1
    assert len([name for name in found.files if name.startswith(("--words", "--record"))]) == 4
    stricter = tmp_path / "stricter.json"
    at.predict(model="pretrained", words=parts["words"][1], threshold=0.6, record=stricter)
    with pytest.raises(InputError, match=r"stricter.json: has threshold 0.6, but .*chr1.record has 0.5"):
        load_people_results(PeopleFiles(**files, record=(parts["record"][0], stricter)))
    with pytest.raises(InputError, match=r"called_record.json: is of another file than .*chr1.h5 and 1 more"):
        load_people_results(PeopleFiles(**files, words=tuple(parts["words"]), record=(DATA / "called_record.json",)))
