"""The adapters as an engine calls them, without the engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from udfs.inference import BatchAdapter, PieceAdapter, RowAdapter


class Half:
    """Halves numbers; keeps a text and two scores."""

    inputs = (("x", "DOUBLE"), ("n", "BIGINT"), ("text", "STRING"))
    outputs = (("half", "DOUBLE"), ("n", "BIGINT"), ("text", "STRING"), ("scores", "ARRAY<DOUBLE>"))

    def __init__(self, lost: int = 0, is_scored: bool = True) -> None:
        self._lost = lost
        self._is_scored = is_scored

    def open(self) -> None:
        self.is_open = True

    def run(self, columns: Mapping[str, np.ndarray]) -> Mapping[str, Sequence[Any]]:
        scores = [np.array([value, 1.0]) if self._is_scored else None for value in columns["x"]]
        half = columns["x"][: len(columns["x"]) - self._lost] / 2
        # More than is asked for, and in another order.
        return {"scores": scores, "text": columns["text"], "n": columns["n"], "half": half, "other": [1]}

    def close(self) -> None:
        self.is_open = False


def test_batch_comes_back_in_the_order_of_the_outputs() -> None:
    found = BatchAdapter(Half()).eval(pd.Series([1.0, 4.0]), pd.Series([1, 2]), pd.Series(["a", None]))
    assert found.columns.tolist() == ["half", "n", "text", "scores"]
    assert found["half"].tolist() == [0.5, 2.0]
    assert found["text"].tolist() == ["a", None]


def test_short_column_is_refused_before_it_pairs_rows_with_others() -> None:
    adapter = BatchAdapter(Half(lost=1))
    with pytest.raises(ValueError, match=r"Half: expected 2 values in each column, got \{'half': 1, "):
        adapter.eval(pd.Series([1.0, 4.0]), pd.Series([1, 2]), pd.Series(["a", None]))


def test_row_comes_back_as_plain_values() -> None:
    row = RowAdapter(Half()).eval(3.0, 7, "a")
    assert list(row) == [1.5, 7, "a", [3.0, 1.0]]
    assert [type(value) for value in row] == [float, int, str, list]


def test_number_that_is_none_is_null_in_a_row() -> None:
    assert list(RowAdapter(Half()).eval(None, 7, None))[:3] == [None, 7, None]


def test_array_that_is_absent_is_empty_in_a_row() -> None:
    """Thread mode fails on an array that is NULL."""
    assert list(RowAdapter(Half(is_scored=False)).eval(1.0, 1, "a"))[3] == []


@pytest.mark.parametrize("adapter", [BatchAdapter, RowAdapter])
def test_adapter_opens_and_closes_its_function(adapter: type[BatchAdapter] | type[RowAdapter]) -> None:
    function = Half()
    made = adapter(function)
    made.open(None)
    assert function.is_open
    made.close()
    assert not function.is_open
    assert not made.is_deterministic()


def test_pieces_come_back_as_lists_of_lines_with_a_character_a_byte() -> None:
    class Pairs:
        count, fingerprint = 2, ""

        def read(self, number: int) -> list[bytes]:
            return [f"ü{number}".encode(), b"\xff"]

    found = PieceAdapter(Pairs()).eval(pd.Series([0, 1])).tolist()
    assert [[line.encode("latin-1") for line in lines] for lines in found] == [Pairs().read(0), Pairs().read(1)]
