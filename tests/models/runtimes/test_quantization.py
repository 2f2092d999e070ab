from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.runtimes.quantization import Quantization


@given(st.integers(-128, 127), st.floats(1e-3, 10), st.integers(-128, 127))
def test_stored_values_come_back(stored: int, scale: float, zero_point: int) -> None:
    q = Quantization(scale, zero_point, np.dtype("int8"))
    array = np.array([stored], np.int8)
    assert q.quantize(q.dequantize(array)).tolist() == [stored]


@given(st.floats(-5, 5))
def test_error_is_half_a_step_at_most(real: float) -> None:
    q = Quantization(0.05, 128, np.dtype("uint8"))
    got = q.dequantize(q.quantize(np.array([real])))[0]
    assert abs(got - real) <= 0.025 + 1e-5


def test_values_out_of_range_saturate() -> None:
    q = Quantization(0.5, 0, np.dtype("int8"))
    assert q.quantize(np.array([1e9, -1e9, np.inf, -np.inf])).tolist() == [127, -128, 127, -128]
