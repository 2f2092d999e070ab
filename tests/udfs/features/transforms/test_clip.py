from __future__ import annotations

import numpy as np
import pytest

AMOUNTS = np.array([-5.0, 0.5, 9.0, np.nan])


@pytest.mark.parametrize("bounds", [(0, 1), (None, 1), (0, None)], ids=str)
def test_values_equal_numpy_clip(compute, bounds) -> None:
    given = {name: bound for name, bound in zip(("min", "max"), bounds, strict=True) if bound is not None}
    golden = np.clip(
        AMOUNTS,
        *(bound if bound is not None else sign * np.inf for bound, sign in zip(bounds, (-1, 1), strict=True)),
    )
    np.testing.assert_array_equal(compute("clip", {"amount": AMOUNTS}, "amount", **given)[:, 0], golden)


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({}, "min, max or both, got None; without bounds use type numerical"),
        ({"min": 1, "max": 1}, "max > min = 1, got 1; swap them, or use a constant"),
    ],
)
def test_wrong_parameters_are_refused(build, parameters, text) -> None:
    with pytest.raises(ValueError, match=text):
        build("clip", "amount", **parameters)
