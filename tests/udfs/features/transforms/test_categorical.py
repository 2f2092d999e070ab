from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xxhash

COUNTRIES = np.array(["DE", "FR", None, "XX", ""], dtype=object)


def test_codes_equal_pandas_codes_and_unseen_and_null_have_their_own(compute) -> None:
    codes = compute("categorical", {"country": COUNTRIES}, "country", vocabulary=["FR", "DE"])[:, 0]
    golden = pd.Categorical(COUNTRIES, categories=["FR", "DE"]).codes
    np.testing.assert_array_equal(codes[golden >= 0], golden[golden >= 0])
    assert codes.tolist() == [1.0, 0.0, 3.0, 2.0, 2.0]


def test_whole_numbers_need_no_sorted_vocabulary_and_keep_codes_next_to_nulls(compute) -> None:
    vocabulary = [30, -1, 7]
    without = compute("categorical", {"visits": np.array([7, 30, 8, -1])}, "visits", vocabulary=vocabulary)
    beside = compute(
        "categorical", {"visits": np.array([7.0, 30, 8, -1, np.nan])}, "visits", vocabulary=vocabulary
    )
    assert without[:, 0].tolist() == [2.0, 0.0, 3.0, 1.0]
    assert beside[:, 0].tolist() == [2.0, 0.0, 3.0, 1.0, 4.0]


def test_hash_codes_equal_xxhash_on_intervals(compute) -> None:
    codes = compute("categorical", {"country": COUNTRIES}, "country", hash_buckets=10, seed=5)[:, 0]
    golden = [xxhash.xxh64(text.encode(), seed=5).intdigest() * 10 >> 64 for text in ("DE", "FR", "XX", "")]
    assert codes.tolist() == [golden[0], golden[1], 10, golden[2], golden[3]]


def test_hash_code_of_a_whole_number_is_that_of_its_digits_with_and_without_nulls(compute) -> None:
    golden = xxhash.xxh64(b"12").intdigest() * 100 >> 64
    for column in (np.array([12]), np.array([12.0, np.nan])):
        assert compute("categorical", {"visits": column}, "visits", hash_buckets=100)[0, 0] == golden


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({}, "either vocabulary or hash_buckets, got 'neither'; give exactly one of the two"),
        ({"vocabulary": ["a"], "hash_buckets": 2}, "either vocabulary or hash_buckets, got 'both'"),
        ({"vocabulary": []}, "vocabulary: a list of at least 1, got"),
        ({"vocabulary": "ab"}, r"vocabulary: a list of at least 1, got 'ab'; write it as \[a, b, c\]"),
        ({"vocabulary": ["a", "a"]}, "vocabulary: distinct values, got \"'a' twice\"; drop the repeated one"),
        ({"vocabulary": [1]}, "vocabulary: texts, as the column holds, got 1; quote it"),
        ({"vocabulary": ["a"], "seed": 1}, "seed with hash_buckets only, got 'a vocabulary'"),
        ({"hash_buckets": 0}, "hash_buckets: a whole number in 1..16777215, got 0"),
        ({"hash_buckets": True}, "hash_buckets: a whole number in 1..16777215, got True"),
        ({"hash_buckets": 2.5}, "hash_buckets: a whole number in 1..16777215, got 2.5"),
    ],
)
def test_wrong_parameters_are_refused(build, parameters, text) -> None:
    with pytest.raises(ValueError, match=text):
        build("categorical", "country", **parameters)


@pytest.mark.parametrize(
    ("source", "vocabulary", "text"),
    [
        ("visits", ["a"], "vocabulary: a finite number, got 'a'; write it without quotes"),
        ("visits", [1.5], "vocabulary: 64-bit whole numbers, as the column holds, got 1.5"),
        ("flag", [1], "vocabulary: true or false, as the column holds, got 1"),
    ],
)
def test_vocabulary_of_another_type_is_refused(build, source, vocabulary, text) -> None:
    with pytest.raises(ValueError, match=text):
        build("categorical", source, vocabulary=vocabulary)


def test_column_of_doubles_has_no_vocabulary(build) -> None:
    with pytest.raises(
        ValueError, match=r"a column of type string\|long\|boolean, got 'amount' of type double"
    ):
        build("categorical", "amount", vocabulary=[1])
