from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.sliding.errors import StateError
from udfs.windows.parts import Block, PartFormat, by_key

COLUMNS = (("n", "BIGINT"), ("x", "DOUBLE"), ("t", "STRING"), ("line", "BYTES"), ("p", "INT"))
FORMAT = PartFormat(COLUMNS)
ROWS = st.lists(
    st.tuples(
        st.none() | st.integers(-(2**63), 2**63 - 1),
        st.none() | st.floats(allow_nan=False),
        st.none() | st.text(max_size=4),
        st.none() | st.binary(max_size=4),
        st.none() | st.integers(0, 2**31 - 1),
    ),
    min_size=1,
    max_size=10,
)


def block(rows: list[tuple[Any, ...]]) -> Block:
    columns = {}
    for (name, kind), values in zip(COLUMNS, zip(*rows, strict=True), strict=True):
        if kind == "DOUBLE":
            columns[name] = np.array([np.nan if value is None else value for value in values])
        else:
            columns[name] = np.array([*values, None], dtype=object)[:-1]
    return FORMAT.block(columns)


def rows_of(found: Block) -> list[tuple[Any, ...]]:
    lists = []
    for name, kind in COLUMNS:
        column = found[name]
        if kind in ("STRING", "BYTES"):
            lists.append(column.tolist(is_text=kind == "STRING"))  # type: ignore[union-attr]
            continue
        numbers = found.numbers(name)
        nulls = np.isnan(numbers.values) if kind == "DOUBLE" else numbers.nulls
        missing = [False] * len(found) if nulls is None else nulls.tolist()
        pairs = zip(numbers.values.tolist(), missing, strict=True)
        lists.append([None if is_null else value for value, is_null in pairs])
    return list(zip(*lists, strict=True))


@given(rows=ROWS)
def test_rows_come_back_from_bytes_as_they_were(rows: list[tuple[Any, ...]]) -> None:
    assert rows_of(FORMAT.decode(FORMAT.encode(block(rows)))) == rows


@given(parts=st.lists(ROWS, min_size=1, max_size=4))
def test_parts_come_one_after_the_other(parts: list[list[tuple[Any, ...]]]) -> None:
    joined = FORMAT.decode(*(FORMAT.encode(block(part)) for part in parts))
    assert rows_of(joined) == [row for part in parts for row in part]


@given(rows=ROWS, names=st.permutations([name for name, _ in COLUMNS]), count=st.integers(1, len(COLUMNS)))
def test_some_columns_of_bytes_are_the_bytes_of_some_columns(
    rows: list[tuple[Any, ...]], names: list[str], count: int
) -> None:
    kinds, chosen = dict(COLUMNS), names[:count]
    wanted = PartFormat(tuple((name, kinds[name]) for name in chosen)).encode(block(rows))
    assert FORMAT.select(FORMAT.encode(block(rows)), chosen) == wanted


@given(rows=ROWS, name=st.sampled_from(["n", "p"]))
def test_numbers_are_those_of_the_whole_part(rows: list[tuple[Any, ...]], name: str) -> None:
    found = block(rows)
    assert FORMAT.numbers(FORMAT.encode(found), name).tolist() == found.numbers(name).values.tolist()


@given(rows=ROWS, key=st.sampled_from(["n", "x", "t"]), shards=st.integers(1, 5))
def test_each_row_is_in_one_shard_with_all_rows_of_its_key(
    rows: list[tuple[Any, ...]], key: str, shards: int
) -> None:
    place = [name for name, _ in COLUMNS].index(key)
    shard_of: dict[Any, int] = {}
    found = []
    for shard, part in by_key(block(rows), key, shards):
        assert 0 <= shard < shards
        for row in rows_of(part):
            # SQL and this engine take 0.0 and -0.0 as one key; the dictionary does, too.
            assert shard_of.setdefault(row[place], shard) == shard
            found.append(row)
    assert sorted(map(repr, found)) == sorted(map(repr, rows))


def test_bytes_of_another_version_are_refused() -> None:
    data = bytes([9]) + FORMAT.encode(block([(1, 2.0, "a", b"b", 3)]))[1:]
    with pytest.raises(StateError, match="expected format 1, got format 9"):
        FORMAT.decode(data)


def test_arrays_are_what_pandas_would_give() -> None:
    found = FORMAT.arrays(block([(1, None, None, b"\xff", 3), (None, 1.5, "ü", None, 4)]))
    np.testing.assert_array_equal(found["n"], [1.0, np.nan])
    np.testing.assert_array_equal(found["x"], [np.nan, 1.5])
    assert found["t"].tolist() == [None, "ü"]
    assert found["line"].tolist() == [b"\xff", None]
    assert found["p"].tolist() == [3, 4]
    assert found["p"].dtype == np.int64


def test_whole_numbers_beside_nulls_are_also_there_exactly() -> None:
    rows = block([(2**53 + 1, 1.0, None, None, 1), (None, 1.0, None, None, 2)])
    assert {name: values.tolist() for name, values in FORMAT.exact(rows).items()} == {"n": [2**53 + 1, None]}


def test_half_a_character_comes_back() -> None:
    found = FORMAT.decode(FORMAT.encode(block([(1, 0.5, text, b"\xff", 2) for text in ("\ud800", None, "é", "")])))
    assert FORMAT.arrays(found)["t"].tolist() == ["\ud800", None, "é", ""]
    assert FORMAT.arrays(found)["line"].tolist() == [b"\xff"] * 4
