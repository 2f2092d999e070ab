from __future__ import annotations

import numpy as np
import pytest


def test_product_equals_numpy_prod_and_does_not_wrap_around(compute) -> None:
    columns = {
        "amount": np.array([2.0, np.nan]),
        "visits": np.array([2**40, 1]),
        "price": np.array([3.0, 1.0]),
    }
    golden = np.prod(np.vstack(list(columns.values())), axis=0)
    result = compute("interaction", columns, sources=["amount", "visits", "price"])[:, 0]
    np.testing.assert_array_equal(result, golden)
    assert compute("interaction", columns, sources=["visits", "visits"])[0, 0] == 2.0**80


def test_one_source_is_refused(build) -> None:
    with pytest.raises(ValueError, match=r"sources: a list of at least 2, got \['amount'\]"):
        build("interaction", sources=["amount"])
