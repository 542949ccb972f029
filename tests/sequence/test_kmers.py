"""k-mer ids against an independent implementation on strings."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archaictools.errors import UsageError
from archaictools.io.dna import encode, pack, reverse_complement, unpack
from archaictools.sequence.kmers import at_content, kmer_ids, kmer_text, reverse_complement_ids, vocabulary_size
from helpers import COMPLEMENT, ids_of_strings

dna = st.text(alphabet="ACGTacgtNnRY", max_size=80)


@given(sequence=dna, k=st.integers(1, 12), stride=st.integers(1, 4), canonical=st.booleans())
def test_ids_equal_those_of_strings(sequence, k, stride, canonical):
    found = kmer_ids(encode(sequence), k=k, stride=stride, canonical=canonical)
    assert found.tolist() == ids_of_strings(sequence, k, stride, canonical)


@given(sequence=dna, k=st.integers(1, 12))
def test_both_strands_have_the_same_canonical_words(sequence, k):
    codes = encode(sequence)
    forward = kmer_ids(codes, k=k, canonical=True)
    backward = kmer_ids(reverse_complement(codes), k=k, canonical=True)
    assert forward.tolist() == backward[::-1].tolist()


@given(rows=st.lists(st.text(alphabet="ACGTN", min_size=23, max_size=23), min_size=1, max_size=5), k=st.integers(1, 12))
def test_rows_are_read_independently(rows, k):
    codes = np.stack([encode(row) for row in rows])
    assert kmer_ids(codes, k=k).tolist() == [ids_of_strings(row, k, 1, False) for row in rows]


@pytest.mark.parametrize("k", [1, 2, 5, 10, 12])
def test_ids_spell_their_kmer(k):
    rng = np.random.default_rng(k)
    ids = rng.integers(1, vocabulary_size(k), size=50)
    texts = kmer_text(ids, k).tolist()
    assert [ids_of_strings(text, k, 1, False)[0] for text in texts] == ids.tolist()
    assert kmer_text(reverse_complement_ids(ids, k), k).tolist() == [t.translate(COMPLEMENT)[::-1] for t in texts]
    assert at_content(ids, k) == pytest.approx([(t.count("A") + t.count("T")) / k for t in texts])


@given(st.lists(st.text(alphabet="ACGT", min_size=13, max_size=13), min_size=1, max_size=6))
def test_packing_loses_nothing(rows):
    codes = np.stack([encode(row) for row in rows])
    assert pack(codes).shape == (len(rows), 4)
    assert (unpack(pack(codes), 13) == codes).all()


@pytest.mark.parametrize("k", [0, 13])
def test_k_out_of_range_is_a_usage_error(k):
    with pytest.raises(UsageError, match="expected 1 to 12"):
        kmer_ids(encode("ACGT"), k=k)
