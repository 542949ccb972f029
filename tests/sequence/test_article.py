"""What the article compares: Word2Vec beside the learnt vectors, and its list of genes beside ours."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest

from archaictools.errors import InputError
from archaictools.learning.embedding import WordVectors
from archaictools.sequence.explain.word2vec import clustering
from archaictools.sequence.kmers import at_content, kmer_text
from archaictools.sequence.published import agreement, read_published


def vectors(kind: str) -> WordVectors:
    """All 5-mers; vectors that lie in order of AT content, or anywhere."""
    ids = np.arange(1, 4**5 + 1)
    at = at_content(ids, 5)
    rng = np.random.default_rng(1)
    made = rng.normal(size=(len(ids), 10)) * (0.1 if kind == "sorted" else 1)
    if kind == "sorted":
        made[:, 0] += np.cos(at * np.pi)
        made[:, 1] += np.sin(at * np.pi)
    return WordVectors(made.astype(np.float32), pd.DataFrame({"kmer": kmer_text(ids, 5), "id": ids, "at_content": at}))


def test_clusters_by_at_are_measured():
    table = clustering({"sorted": vectors("sorted"), "anyhow": vectors("anyhow")}, seed=3).set_index("vectors")
    assert table.loc["sorted", "at_correlation"] > 0.9
    assert abs(table.loc["anyhow", "at_correlation"]) < 0.1
    assert abs(table.loc["random", "at_correlation"]) < 0.1
    assert (table["words"] == 1024).all()


def test_word2vec_of_the_same_sentences(ok, planted, tmp_path):
    """Words that stand side by side in the sentences (they share four letters) come out near each other."""
    arguments = ("embedding", planted / "model.h5", "--top", 400, "--word2vec", planted / "words.h5", "--vectors",
                 tmp_path / "l.tsv", "--metadata", tmp_path / "m.tsv", "--word2vec-sentences", 500)  # fmt: skip
    result = ok(*arguments, "--word2vec-vectors", tmp_path / "v.tsv", "--clustering", tmp_path / "c.tsv")
    words = pd.read_csv(tmp_path / "m.tsv", sep="\t", keep_default_na=False)["kmer"].tolist()
    found = pd.read_csv(tmp_path / "v.tsv", sep="\t", header=None).to_numpy()
    learnt = pd.read_csv(tmp_path / "l.tsv", sep="\t", header=None)
    assert found.shape == learnt.shape == (400, 10)
    unit = found / np.linalg.norm(found, axis=1, keepdims=True)
    likeness = unit @ unit.T
    follows = np.array([[a[1:] == b[:-1] and a != b for b in words] for a in words])
    apart = ~follows & ~follows.T & ~np.eye(400, dtype=bool)
    assert likeness[follows].mean() > likeness[apart].mean() + 0.1
    table = pd.read_csv(tmp_path / "c.tsv", sep="\t").set_index("vectors")
    assert set(table.index) == {"learnt", "word2vec", "random"}
    assert f"word2vec at correlation: {table.loc['word2vec', 'at_correlation']:.3f}" in result.out
    ok(*arguments[:-4], "--word2vec-sentences", 500, "--word2vec-vectors", tmp_path / "again.tsv")
    assert (tmp_path / "again.tsv").read_bytes() == (tmp_path / "v.tsv").read_bytes()
    # Of few sentences, not all words are there: whatever is written holds the words of both, and it is said.
    few = ok(*arguments[:-1], 2, "--word2vec-vectors", tmp_path / "v.tsv", "--clustering", tmp_path / "c.tsv")
    words = pd.read_csv(tmp_path / "m.tsv", sep="\t", keep_default_na=False)
    rows = {name: len(pd.read_csv(tmp_path / f"{name}.tsv", sep="\t", header=None)) for name in ("l", "v")}
    assert rows == {"l": len(words), "v": len(words)}
    assert 20 < len(words) < 400
    assert f"{400 - len(words)} words are in none of the sentences drawn for Word2Vec, left out" in few.err
    assert pd.read_csv(tmp_path / "c.tsv", sep="\t")["words"].tolist() == [len(words)] * 3


PUBLISHED = """Gene\tGene_Symbol\tPredict\tProb_0\tProb_1
chr1:101-200\tA\t1.0\t0.1\t0.9
chr1:301-400\tB\t0.0\t0.8\t0.2
chr1:300-401\tC\t0.0\t0.7\t0.3
chr1:501-600\tD\t1.0\t0.4\t0.6
chr1:501-600\tD2\t1.0\t0.4\t0.6
chr1:521-600\tD\t1.0\t0.4\t0.6
chr1:901-950\tE\t1.0\t0.4\t0.6
chr9:1-10\tF\t1.0\t0.4\t0.6
"""


@pytest.fixture
def published(tmp_path):
    path = tmp_path / "published.tsv"
    path.write_text(PUBLISHED)
    return path


def test_agreement_by_hand(published):
    genes = pd.DataFrame(
        [
            ("a", "chr1", 100, 200, "introgressed", 0.8),
            ("b", "chr1", 300, 400, "introgressed", 0.6),
            ("c", "chr1", 300, 401, "free", 0.1),
            ("d", "chr1", 500, 600, "introgressed", 0.7),
            ("d", "chr1", 520, 600, "introgressed", 0.7),
            ("e", "chr1", 900, 950, "NA", np.nan),
        ],
        columns=["gene", "chrom", "start", "end", "call", "mean"],
    )
    found = agreement(genes, read_published(published))
    assert (found.published, found.compared) == (6, 5)  # a region of D stands there twice; chr9 is not predicted
    assert (found.both, found.here_only, found.published_only, found.neither) == (3, 1, 0, 1)
    assert found.accuracy == 0.8
    # Observed agreement 4/5; by chance 4/5 x 3/5 + 1/5 x 2/5 = 14/25.
    assert found.kappa == pytest.approx((4 / 5 - 14 / 25) / (1 - 14 / 25))
    # Ranks 5, 2, 1, 3.5, 3.5 against 5, 1, 2, 3.5, 3.5: Pearson's of them.
    assert found.spearman == pytest.approx(np.corrcoef([5, 2, 1, 3.5, 3.5], [5, 1, 2, 3.5, 3.5])[0, 1])
    none = agreement(genes[:0], read_published(published))
    assert none.compared == 0
    assert none.kappa is none.spearman is none.accuracy is None


def test_agreement_from_the_command_line(ok, run, published, tmp_path):
    (tmp_path / "t.tsv").write_text("chrom\tstart\tend\tprobability\nchr1\t100\t200\t0.9\nchr1\t300\t400\t0.1\n")
    (tmp_path / "g.bed").write_text("chr1\t100\t200\ta\nchr1\t300\t400\tb\n")
    command = ["genes", tmp_path / "t.tsv", "--annotation", tmp_path / "g.bed", "--out", tmp_path / "g.tsv"]
    result = ok(*command, "--published", published, "--agreement", tmp_path / "a.json")
    assert "agreement: kappa 1.000 over 2 of 6 published genes" in result.out
    assert json.loads((tmp_path / "a.json").read_text())["neither"] == 1
    assert run(*command, "--published", published).code == 2
    published.write_text(PUBLISHED.replace("chr1:301-400", "somewhere"))
    with pytest.raises(InputError, match=r"line 3.*Gene is 'somewhere', expected chrom:start-end"):
        read_published(published)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("chr1:301-400\tB\t1.0\t0.3\t7", "line 2: Prob_1 is '7', expected a number from 0 to 1"),
        ("chr1:301-400\tB\t1.0\t0.3\t-0.1", "line 2: Prob_1 is '-0.1'"),
        ("chr1:301-400\tB\t1.0\t0.3\tnan", "line 2: Prob_1 is 'nan'"),
        ("chr1:301-400\tB\t1.0\t0.3\t70%", "line 2: Prob_1 is '70%'"),
        ("chr1:301-400\tB\t1.0\t0.3\t0,7", "line 2: Prob_1 is '0,7'"),
        ("chr1:301-400\tB\t2\t0.3\t0.7", "line 2: Predict is '2', expected a whole number from 0 to 1"),
        ("chr1:301-400\tB\t0.5\t0.3\t0.7", "line 2: Predict is '0.5'"),
        ("chr1:401-400\tB\t1\t0.3\t0.7", "line 2: end lies before start"),
        ("chr1:0-400\tB\t1\t0.3\t0.7", "line 2: start is before the chromosome's first base"),
        ("chr1:-1-400\tB\t1\t0.3\t0.7", "line 2: Gene is 'chr1:-1-400', expected chrom:start-end"),
    ],
)
def test_wrong_values_of_published_calls_are_refused(tmp_path, row, message):
    path = tmp_path / "p.tsv"
    path.write_text(f"{PUBLISHED.splitlines()[0]}\n{row}\n")
    with pytest.raises(InputError, match=re.escape(message)):
        read_published(path)


def test_published_calls_may_name_chromosomes_without_chr(published):
    genes = pd.DataFrame(
        [("b", "1", 300, 400, "introgressed", 0.6)], columns=["gene", "chrom", "start", "end", "call", "mean"]
    )
    assert agreement(genes, read_published(published)).compared == 1


@pytest.mark.realdata
def test_the_article_s_own_table(real_data):
    table = read_published(real_data / "article_gene_predictions.tsv.gz")
    assert (table["end"] > table["start"]).all()
    assert ((table["probability"] >= 0.5) == (table["call"] == "introgressed")).mean() > 0.99
    assert table["call"].value_counts()["introgressed"] > 400
    assert (table["chrom"] == "chr21").sum() > 100
