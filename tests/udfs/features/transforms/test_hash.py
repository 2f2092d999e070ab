from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import xxhash

from udfs.features.hashing import hash_column, to_buckets

COUNTRIES = np.array(["FR", None, "DE", "FR"], dtype=object)


def test_each_value_marks_the_bucket_of_its_xxhash_and_null_none(build, compute) -> None:
    result = compute("hash", {"country": COUNTRIES}, "country", buckets=6, seed=4)
    golden = np.zeros((4, 6))
    for row, country in enumerate(COUNTRIES):
        if country is not None:
            golden[row, xxhash.xxh64(f"country={country}".encode(), seed=4).intdigest() * 6 >> 64] = 1
    np.testing.assert_array_equal(result, golden)
    assert build("hash", "country", buckets=2).columns == ("x_0", "x_1")


def test_several_columns_add_up_with_signs(compute) -> None:
    columns = {
        "country": COUNTRIES,
        "visits": np.array([1, 2, 3, 4]),
        "amount": np.array([0.5, -0.0, np.nan, 1.0]),
    }
    result = compute("hash", columns, buckets=3, signed=True, sources=["country", "visits", "amount"])
    golden = np.zeros((4, 3))
    spelled = [
        ["country=FR", "visits=1", "amount=0.5"],
        ["visits=2", "amount=0.0"],
        ["country=DE", "visits=3"],
        ["country=FR", "visits=4", "amount=1.0"],
    ]
    for row, tokens in enumerate(spelled):
        for token in tokens:
            digest = xxhash.xxh64(token.encode()).intdigest()
            golden[row, digest * 3 >> 64] += -1 if digest & 1 else 1
    np.testing.assert_array_equal(result, golden)


def test_known_digest_is_reproduced() -> None:
    hashes, present = hash_column(np.array(["abc", "", None], dtype=object), "string", 0)
    assert [hex(value) for value in hashes.tolist()] == ["0x44bc2cf5ad770999", "0xef46db3751d8e999", "0x0"]
    assert present.tolist() == [True, True, False]


def test_hashes_do_not_depend_on_the_process() -> None:
    code = (
        "import numpy as np; from udfs.features.hashing import hash_column;"
        "assert hash_column(np.array(['abc'], dtype=object), 'string', 0)[0][0] == 0x44bc2cf5ad770999"
    )
    for seed in ("1", "2"):
        subprocess.run(
            [sys.executable, "-c", code], check=True, env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."}
        )


def test_buckets_are_used_evenly() -> None:
    hashes, _ = hash_column(np.arange(20_000), "long", 0)
    buckets = np.bincount(to_buckets(hashes, 10), minlength=10)
    chi_square = float(((buckets - 2000) ** 2 / 2000).sum())
    assert chi_square < 27.9  # 99.9 % of chi-square with 9 degrees of freedom


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({}, "buckets: a whole number"),
        ({"buckets": 1}, "buckets: a whole number in 2..65536, got 1"),
        ({"buckets": 4, "sources": ["nope"]}, "an event field or an aggregation, got 'nope'"),
        ({"buckets": 4, "sources": [3]}, "a column name, got 3; write the name of an event field"),
        ({"buckets": 4, "seed": -1}, "seed: a whole number in 0.."),
    ],
)
def test_wrong_parameters_are_refused(build, parameters, text) -> None:
    with pytest.raises(ValueError, match=text):
        build("hash", "country", **parameters)
