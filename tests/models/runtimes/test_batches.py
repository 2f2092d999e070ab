from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import ModelError
from models.runtimes.batches import Feeds, run_in_batches


@given(st.integers(1, 40), st.integers(1, 9))
def test_parts_have_the_size_and_results_the_order(n: int, size: int) -> None:
    sizes = []

    def run(feeds: Feeds) -> dict[str, Any]:
        sizes.append(len(feeds["x"]))
        return {"y": feeds["x"] * 2, "maps": [{"k": v} for v in feeds["x"].tolist()]}

    got = run_in_batches(run, {"x": np.arange(n)}, size, "m")
    assert got["y"].tolist() == [2 * i for i in range(n)]
    assert got["maps"] == [{"k": i} for i in range(n)]
    assert sizes == [size] * -(-n // size)


def test_output_that_is_not_per_row_is_refused() -> None:
    def run(feeds: Feeds) -> dict[str, Any]:
        return {"total": feeds["x"].sum(keepdims=True)}

    with pytest.raises(
        ModelError, match=r"model m gave output 'total' of shape \(1,\) for 4 rows; export it with one"
    ):
        run_in_batches(run, {"x": np.arange(3)}, 4, "model m")
