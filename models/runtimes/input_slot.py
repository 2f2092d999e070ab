"""Conversion of arrays to the shape and dtype of a model's inputs.

Rules: values never change silently. A cast that would change an integer or overflow is refused; a float may
lose digits. An array that already fits is passed on, not copied.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError, refuse
from models.spec import TensorSpec

_NULL: NDArray[Any] = np.array(None, dtype=object)


class InputSlot:
    """One input of a model, which checks the shape and dtype of its arrays.

    Null rule: a string input has no null, so None becomes "". Float inputs take NaN, others refuse it.
    """

    def __init__(self, tensor: TensorSpec, owner: str) -> None:
        self.tensor = tensor
        self.name = tensor.name
        self.is_string = tensor.dtype == "string"
        self.dtype: np.dtype[Any] = np.dtype(object) if self.is_string else np.dtype(tensor.dtype)
        self._owner = owner
        self._rank = len(tensor.shape)
        self._row_shape = tensor.shape[1:]
        self._is_simple = self._rank > 0 and not self.is_string

    def conform(self, array: NDArray[Any]) -> NDArray[Any]:
        """Return the same values, (n, ...) C-contiguous, in the declared dtype; the array itself if it fits."""
        if (
            self._is_simple
            and array.dtype == self.dtype
            and array.ndim == self._rank
            and array.shape[1:] == self._row_shape
            and array.flags.c_contiguous
        ):
            return array
        return np.ascontiguousarray(self._cast(self._reshape(np.asarray(array))))

    def zeros(self, n: int, width: int = 1) -> NDArray[Any]:
        """Return n rows of 0 (or ""), with ``width`` for free dimensions after the first; those of texts are 1."""
        width = 1 if self.is_string else width
        shape = (n, *(width if dim is None else dim for dim in self._row_shape))
        return np.full(shape, "", dtype=object) if self.is_string else np.zeros(shape, dtype=self.dtype)

    def _reshape(self, array: NDArray[Any]) -> NDArray[Any]:
        shape = array.shape
        if self._rank == 2 and array.ndim == 1 and self._row_shape[0] in (1, None):
            array = array.reshape(-1, 1)
        elif self._rank == 1 and array.ndim == 2 and array.shape[1] == 1:
            array = array.reshape(-1)
        is_fit = array.ndim >= 1 and (
            self._rank == 0
            or (
                array.ndim == self._rank
                and all(
                    want in (None, got) for want, got in zip(self._row_shape, array.shape[1:], strict=True)
                )
            )
        )
        if not is_fit:
            refuse(self._owner, f"input {self.tensor}", f"{array.dtype} {shape}")
        return array

    def _cast(self, array: NDArray[Any]) -> NDArray[Any]:
        if self.is_string:
            return self._cast_strings(array)
        if array.dtype == self.dtype:
            return array
        if array.dtype.kind not in "biuf":
            refuse(self._owner, f"input {self.tensor}", array.dtype, "give it numbers")
        return self._cast_to_float(array) if self.dtype.kind == "f" else self._cast_to_integer(array)

    def _cast_strings(self, array: NDArray[Any]) -> NDArray[Any]:
        if array.dtype.kind not in "OU":
            refuse(self._owner, f"input {self.tensor}", array.dtype, "give it text")
        texts = array.astype(object, copy=False)
        is_null = texts == _NULL
        return np.where(is_null, "", texts) if is_null.any() else texts

    def _cast_to_float(self, array: NDArray[Any]) -> NDArray[Any]:
        try:
            with np.errstate(over="raise"):
                return array.astype(self.dtype)
        except FloatingPointError:
            limit = np.finfo(self.dtype).max
            raise self._lossy(array, np.isfinite(array) & (np.abs(array) > limit)) from None

    def _cast_to_integer(self, array: NDArray[Any]) -> NDArray[Any]:
        with np.errstate(invalid="ignore"):
            cast = array.astype(self.dtype)
        # Wrapped values of 64-bit integers compare equal after promotion to float; the sign tells them apart.
        is_changed = (cast != array) | ((cast < 0) != (array < 0))
        if is_changed.any():
            raise self._lossy(array, is_changed)
        return cast

    def _lossy(self, array: NDArray[Any], is_bad: NDArray[Any]) -> ModelError:
        where = tuple(int(i) for i in np.argwhere(is_bad)[0])
        value = array[where]
        return ModelError(
            self._owner, f"wants input {self.tensor}, got {value} (row {where[0]}), which does not fit"
        )
