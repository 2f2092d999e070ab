"""Random histories: few instants, on which windows begin and end, ties, NULLs, and numbers of any size."""

from __future__ import annotations

import math

from hypothesis import strategies as st

from tests.state.sliding.oracle import Row, Value

_SIZES = st.one_of(
    st.floats(width=64),
    st.sampled_from([-0.0, 0.0, 1e300, -1e300, 5e-324, 1.0, 1 + 2**-52, 2.0**-53, math.nan, math.inf, 0.1]),
)
_ITEMS = st.one_of(st.integers(-3, 3), st.sampled_from([2**63 - 1, -(2**63), 2**31, -(2**40), 2**53 + 1]))
_PRICES = st.one_of(st.integers(-1000, 1000).map(lambda cents: cents / 100), st.sampled_from([1e16, -1e30, 0.005]))
_TIMES = st.builds(lambda step, beside: 500 * step + beside, st.integers(-4, 30), st.sampled_from([0, 0, 1, -1]))
_NONE = st.none()

INTEGER_KEYS: st.SearchStrategy[Value] = st.one_of(st.integers(0, 2), st.none(), st.just(-(2**63)))
TEXT_KEYS: st.SearchStrategy[Value] = st.sampled_from(["a", "b", "", "ü", None])
DOUBLE_KEYS: st.SearchStrategy[Value] = st.sampled_from([0.0, -0.0, 1.5, math.nan, -math.inf, None])
WATERMARKS = st.lists(st.integers(-2500, 15500), max_size=6)


def rows(keys: st.SearchStrategy[Value] = INTEGER_KEYS) -> st.SearchStrategy[Row]:
    return st.builds(
        Row,
        time=_TIMES,
        key=keys,
        ITEMS=_ITEMS | _NONE,
        SIZE=_SIZES | _NONE,
        PRICE=_PRICES | _NONE,
        KIND=st.sampled_from(["a", "b", "ü"]) | _NONE,
        BOOKED=st.integers(-4000, 16000) | _NONE,
    )


HISTORIES = st.lists(rows(), min_size=1, max_size=25)
