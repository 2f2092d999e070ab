"""Affine quantisation: real = (stored - zero_point) x scale."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Quantization:
    """The mapping between a tensor's real values and its stored integers.

    Source: https://ai.google.dev/edge/litert/models/quantization_spec

    Example:
        >>> q = Quantization(scale=0.5, zero_point=-1, dtype=np.dtype("int8"))
        >>> q.quantize(np.array([0.0, 1.0, 1000.0])).tolist()
        [-1, 1, 127]
        >>> q.dequantize(np.array([-1, 1, 127], np.int8)).tolist()
        [0.0, 1.0, 64.0]
    """

    scale: float
    zero_point: int
    dtype: np.dtype[Any]

    def quantize(self, real: NDArray[Any]) -> NDArray[Any]:
        """Return the nearest stored values; a value outside the range saturates."""
        low, high = self._limits
        stored = real / np.float32(self.scale)
        np.rint(stored, out=stored)
        stored += np.float32(self.zero_point)
        np.maximum(stored, low, out=stored)
        np.minimum(stored, high, out=stored)
        return stored.astype(self.dtype)

    def dequantize(self, stored: NDArray[Any]) -> NDArray[Any]:
        """Return the real values as float32."""
        real = stored.astype(np.float32)
        real -= np.float32(self.zero_point)
        real *= np.float32(self.scale)
        return real

    @cached_property
    def _limits(self) -> tuple[np.float32, np.float32]:
        limits = np.iinfo(self.dtype)
        return np.float32(limits.min), np.float32(limits.max)
