"""The mark of a shard: what a restore reads of it, and what it tells about answered rows."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from state.sliding.rows import Column, Rows
from udfs.windows.mark import AnsweredRows, pack_mark, read_answered, read_mark


@pytest.mark.parametrize(
    "keys", [np.array([7, -1, 2**62]), np.array([0.5, -2.0, 1e300]), np.array(["a", "ä\0b", ""], dtype=object)]
)
def test_mark_tells_of_its_rows(keys: np.ndarray) -> None:
    first = Rows(np.array([20, 10]), Column(keys[:2]))
    second = Rows(np.array([30]), Column(keys[2:]))
    data = pack_mark(5, 40, [first, second])
    assert read_mark(data) == (5, 40)
    assert read_answered(data) == AnsweredRows(3, (10, 30), keys.tolist())


def test_mark_of_an_earlier_version_tells_nothing_of_its_rows() -> None:
    data = struct.pack("<qq", 5, 40)
    assert read_mark(data) == (5, 40)
    assert read_answered(data).count == 0
