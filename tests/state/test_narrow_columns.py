import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from state.narrow_columns import narrowed, widened

ROWS = 2_000
COLUMNS = {
    "ascending": np.arange(ROWS) + 1_700_000_000_000,
    "negative": -np.arange(ROWS),
    "extremes": np.where(np.arange(ROWS) % 2, np.iinfo(np.int64).max, np.iinfo(np.int64).min),
    "one value": np.full(ROWS, np.nan),
    "one value but few": np.where(np.arange(ROWS) % 100, np.nan, 0.25),
    "one value but the last": np.where(np.arange(ROWS) == ROWS - 1, 1.0, 0.0),
    "zeros of both signs": np.where(np.arange(ROWS) % 2, 0.0, -0.0),
    "doubles": np.random.default_rng(7).normal(size=ROWS),
    "points": np.random.default_rng(8).integers(0, 2**64, ROWS, np.uint64, endpoint=False),
}


def and_back(columns: list[NDArray[np.generic]]) -> list[bytes]:
    data = b"before" + narrowed(columns)
    return [found.tobytes() for found in widened(data, 6, len(columns[0]), len(columns))]


@pytest.mark.parametrize("column", COLUMNS.values(), ids=COLUMNS)
def test_column_comes_back_bit_for_bit(column: NDArray[np.generic]) -> None:
    assert and_back([column]) == [column.tobytes()]


def test_columns_come_back_side_by_side() -> None:
    assert and_back(list(COLUMNS.values())) == [column.tobytes() for column in COLUMNS.values()]


@given(
    st.lists(st.one_of(st.integers(0, 2**64 - 1), st.sampled_from([0, 2**64 - 1, 2**63])), min_size=1, max_size=40),
    st.sampled_from([1, 30, 200]),
    st.integers(0, 5),
)
def test_any_numbers_come_back(numbers: list[int], repeats: int, others: int) -> None:
    column = np.concatenate([np.array(numbers[:others], np.uint64), np.array(numbers, np.uint64).repeat(repeats)])
    assert and_back([column, column[::-1].copy()]) == [column.tobytes(), column[::-1].tobytes()]


@pytest.mark.parametrize(
    ("name", "most"),
    [("ascending", 2), ("one value", 0), ("one value but few", 0.13), ("one value but the last", 8), ("doubles", 8)],
)
def test_column_takes_the_bytes_that_its_values_need(name: str, most: float) -> None:
    assert len(narrowed([COLUMNS[name]])) <= most * ROWS + 13


@pytest.mark.parametrize("rows", [0, 1, 1_023, 1_024])
def test_any_number_of_rows_comes_back(rows: int) -> None:
    columns = [np.arange(rows), np.zeros(rows)]
    assert and_back(columns) == [column.tobytes() for column in columns]
