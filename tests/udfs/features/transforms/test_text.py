from __future__ import annotations

import numpy as np
import pytest
import xxhash
from hypothesis import example, given
from hypothesis import strategies as st

from udfs.features.characters import Characters
from udfs.features.ngrams import Ngrams


@given(st.lists(st.none() | st.text(max_size=20), max_size=8))
@example(
    [
        "",
        None,
        " a\u3000b\x1cc\x85d ",
        "\u0661",
        "\u00b2",
        "\x00A\x00",
        "\U0001f600 \U00010400",
        "\u01c5\u24b6",
    ]
)
def test_statistics_equal_those_of_python_strings(texts) -> None:
    characters = Characters(texts)
    golden = [text or "" for text in texts]
    assert characters.lengths.tolist() == [len(text) for text in golden]
    assert characters.word_counts().tolist() == [len(text.split()) for text in golden]
    assert characters.has_digit().tolist() == [any(map(str.isdecimal, text)) for text in golden]
    upper = [sum(map(str.isupper, text)) / max(len(text), 1) for text in golden]
    assert characters.upper_ratios().tolist() == upper


def test_null_is_zero_in_every_column(build, compute) -> None:
    notes = np.array([None, "Ab 1"], dtype=object)
    assert compute("text", {"note": notes}, "note").tolist() == [[0, 0, 0, 0], [4, 2, 1, 0.25]]
    assert build("text", "note").columns == ("x_length", "x_word_count", "x_contains_number", "x_upper_ratio")
    assert build("text", "note", fields=["length"]).columns == ("x",)


def test_word_ngrams_are_counted_in_the_bucket_of_their_xxhash(compute) -> None:
    row = compute("text", {"note": np.array(["A b  a"], dtype=object)}, "note", ngram_buckets=8, seed=2)[0]
    golden = np.zeros(8)
    for gram in ("a", "b", "a", "a b", "b a"):
        golden[xxhash.xxh64(gram.encode(), seed=2).intdigest() * 8 >> 64] += 1
    np.testing.assert_array_equal(row, golden)


def test_signed_character_ngrams_take_their_sign_from_the_hash(compute) -> None:
    options = {"ngram_buckets": 5, "ngram_unit": "char", "ngram_min": 2, "signed": True}
    row = compute("text", {"note": np.array(["abc", None], dtype=object)}, "note", **options)
    golden = np.zeros(5)
    for gram in (b"ab", b"bc"):
        digest = xxhash.xxh64(gram).intdigest()
        golden[digest * 5 >> 64] += -1 if digest & 1 else 1
    np.testing.assert_array_equal(row, [golden, np.zeros(5)])


def test_texts_shorter_than_the_ngram_have_none() -> None:
    out = np.full((2, 3), 9.0)
    Ngrams(buckets=3, low=3, high=3, unit="word", signed=False, seed=0).count(["one two", ""], out)
    assert not out.any()


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({"fields": ["len"]}, r"fields: length\|word_count\|contains_number\|upper_ratio, got 'len'"),
        ({"fields": ["length", "length"]}, "fields: each one once"),
        ({"ngram_max": 2}, "ngram_buckets beside n-gram options, got 'ngram_max'; add ngram_buckets"),
        ({"ngram_buckets": 4, "ngram_min": 3, "ngram_max": 2}, "ngram_max: a whole number in 3..16, got 2"),
        (
            {"ngram_buckets": 4, "ngram_unit": "line"},
            r"ngram_unit: word\|char, got 'line'; known are 'char', 'word'",
        ),
    ],
)
def test_wrong_parameters_are_refused(build, parameters, text) -> None:
    with pytest.raises(ValueError, match=text):
        build("text", "note", **parameters)
