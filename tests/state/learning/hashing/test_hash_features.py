from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from xxhash import xxh64_hexdigest

from state.learning.hashing.hash_features import hash_features

TEXTS = st.lists(st.none() | st.text(max_size=3), min_size=1, max_size=30)


def column(values: list[Any]) -> np.ndarray:
    found = np.empty(len(values), object)
    found[:] = values
    return found


def naive(features: dict[str, list[str | None]], width: int) -> np.ndarray:
    rows = np.zeros((len(next(iter(features.values()))), width))
    for name, values in features.items():
        for row, value in enumerate(values):
            if value is not None:
                bits = int(xxh64_hexdigest(f"{name}\0{value}".encode()), 16)
                rows[row, bits % 2**63 % width] += -1 if bits >= 2**63 else 1
    return rows


@given(TEXTS, st.integers(1, 40))
def test_rows_are_those_of_a_loop_over_pairs(values: list[str | None], width: int) -> None:
    features: dict[str, list[str | None]] = {"country": values, "merchant": values[::-1]}
    found = hash_features({name: column(each) for name, each in features.items()}, width)
    golden = naive(features, width)
    assert found.dense().tolist() == golden.tolist()
    assert set(np.flatnonzero(golden.any(axis=0))) <= set(found.used.tolist())


@given(TEXTS, st.integers(0, 30))
def test_cutting_a_batch_anywhere_changes_nothing(values: list[str | None], cut: int) -> None:
    whole = hash_features({"a": column(values)}, 16)
    parts = [hash_features({"a": column(part)}, 16) for part in (values[:cut], values[cut:]) if part]
    assert np.concatenate([part.columns for part in parts]).tolist() == whole.columns.tolist()
    assert np.concatenate([part.signs for part in parts]).tolist() == whole.signs.tolist()


@pytest.mark.parametrize(
    "values",
    [column(["7", None]), np.array([7.0, np.nan]), column([7, None]), column([7.0, math.nan])],
    ids=["text", "floats", "ints as objects", "floats as objects"],
)
def test_a_whole_number_is_its_decimal_text(values: np.ndarray) -> None:
    found = hash_features({"a": values}, 1024).dense()
    assert found.tolist() == naive({"a": ["7", None]}, 1024).tolist()
    assert hash_features({"a": np.array([7])}, 1024).dense().tolist() == found[:1].tolist()


def test_equal_values_of_other_kinds_are_told_apart_in_any_order() -> None:
    one_first = hash_features({"a": column([1, True])}, 2**20).columns.ravel().tolist()
    true_first = hash_features({"a": column([True, 1])}, 2**20).columns.ravel().tolist()
    assert one_first == true_first[::-1]
    assert one_first[0] != one_first[1]


def test_name_and_value_are_kept_apart() -> None:
    first, second = (hash_features({name: column([value])}, 2**20) for name, value in (("a", "bc"), ("ab", "c")))
    assert first.columns.tolist() != second.columns.tolist()


def test_products_of_hashed_rows_are_those_of_the_rows_on_average() -> None:
    """Two rows of 30 features that share 10 values: the product is 10, however narrow the columns."""
    products = []
    for trial in range(2000):
        left = {f"{trial}.{i}": column([f"x{i}", f"x{i}" if i < 10 else f"y{i}"]) for i in range(30)}
        one, other = hash_features(left, 16).dense()
        products.append(one @ other)
    error = np.std(products) / math.sqrt(len(products))
    assert np.mean(products) == pytest.approx(10, abs=4 * error)
    assert error < 0.2


def test_values_spread_evenly_over_columns_and_signs() -> None:
    found = hash_features({"a": np.arange(64_000)}, 64)
    counts = np.bincount(found.columns.ravel(), minlength=64)
    assert ((counts - 1000) ** 2 / 1000).sum() < 120  # χ² with 63 degrees: 1 in 50,000
    assert abs(found.signs.sum()) < 4 * math.sqrt(64_000)


@pytest.mark.parametrize(("features", "width"), [({}, 8), ({"a": column(["x"])}, 0)], ids=["no feature", "no column"])
def test_nonsense_is_refused(features: dict[str, np.ndarray], width: int) -> None:
    message = f"hashing: expected one feature or more and width >= 1, got {len(features)} and {width}; name features"
    with pytest.raises(ValueError, match=message):
        hash_features(features, width)
