"""Raw fields of events as inputs of a model: which fields fit which input, and their values in a batch.

Null rule: a model gets no stand-in for an absent text or whole number. Such a row has no score from this model. An
absent float is NaN, as in features.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import fail, refuse
from models.scoring.event_fields import EventFields
from models.scoring.inputs import Inputs
from models.scoring.outputs import Scores
from models.spec import TensorSpec

_NULL: NDArray[Any] = np.array(None, dtype=object)
_EXACT = 2.0**53
_KINDS = {"string": ("string",), "integer": ("long",), "float": ("double", "decimal")}
"""Types of fields that inputs of each kind take."""


def is_integer(tensor: TensorSpec) -> bool:
    """Return whether an input takes whole numbers."""
    return tensor.dtype.lstrip("u").startswith("int")


def is_one_field(tensor: TensorSpec) -> bool:
    """Return whether an input takes one value a row; a text input of free width does, too."""
    widths = (1, None) if tensor.dtype == "string" else (1,)
    return len(tensor.shape) == 1 or (len(tensor.shape) == 2 and tensor.shape[1] in widths)


def check_fields(ref: str, tensors: Sequence[TensorSpec], fields: EventFields) -> None:
    """Refuse inputs for which the events have no field, or one of another type.

    Raises:
        ModelError: the text names input, field and types.
    """
    for tensor in tensors:
        name, want = tensor.name, f"input {tensor}"
        kinds = _KINDS.get(_kind(tensor), ())
        if name not in fields.types:
            known = ", ".join(key for key, kind in fields.types.items() if kind in kinds) or "none"
            fix = f"add the field to job.events.fields; of type {' or '.join(kinds)} there are: {known}"
            refuse(ref, want, f"neither a feature nor a field {name!r} of the job's events", fix)
        if fields.types[name] not in kinds:
            fix = f"it takes fields of type {' or '.join(kinds)}" if kinds else "no field has values of its type"
            refuse(ref, want, f"field {name!r} of type {fields.types[name]}", f"{fix}, or a feature of its name")
        if name in fields.left_out:
            fix = "start the job again, or run it with execution.windows: sliding, which carry all fields"
            refuse(ref, want, f"no field {name!r} behind the windows of a job that was started without it", fix)


@dataclass(frozen=True)
class RawReader:
    """A reader of the raw fields that a model takes.

    Attributes:
        ref: the model's name in error texts.
        tensors: the inputs, each named like its field.
    """

    ref: str
    tensors: tuple[TensorSpec, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the fields."""
        return tuple(tensor.name for tensor in self.tensors)

    def read(self, inputs: Inputs) -> tuple[dict[str, NDArray[Any]], NDArray[np.bool_]]:
        """Return the values of the rows that have all of them, by input, and the mask of the other rows.

        Raises:
            ModelError: a field is not given, or its values are of another type.
        """
        is_bad = np.zeros(len(inputs), np.bool_)
        found = []
        for tensor in self.tensors:
            values, absent, vague = self._read(tensor, inputs)
            is_bad |= absent | vague
            found.append((tensor, values))
        if is_bad.any():
            found = [(tensor, values[~is_bad]) for tensor, values in found]
        return {tensor.name: self._typed(tensor, values) for tensor, values in found}, is_bad

    def refused(self, inputs: Inputs) -> dict[int, str]:
        """Return why rows cannot be scored, by row: a text or whole number is absent, or no longer exact."""
        found: dict[int, str] = {}
        for tensor in self.tensors:
            _, absent, vague = self._read(tensor, inputs)
            wanted = f"{self.ref}: field {tensor.name!r}: expected"
            for row in np.flatnonzero(absent).tolist():
                found.setdefault(row, f"{wanted} {tensor.dtype}, got null")
            for row in np.flatnonzero(vague).tolist():
                got = f"{inputs.raw[tensor.name][row]:.0f} as a float, because other rows have null"
                found.setdefault(row, f"{wanted} an exact {tensor.dtype}, got {got}")
        return found

    def _read(
        self, tensor: TensorSpec, inputs: Inputs
    ) -> tuple[NDArray[Any], NDArray[np.bool_], NDArray[np.bool_]]:
        """Return the values, the mask of absent ones, and that of whole numbers that a float has rounded."""
        values, nothing = self._given(tensor, inputs), np.zeros(len(inputs), np.bool_)
        is_object, is_float = values.dtype.kind == "O", values.dtype.kind == "f"
        absent = ((values == _NULL) | (values != values)) if is_object else nothing  # noqa: PLR0124
        if _kind(tensor) == "float":
            return np.where(absent, np.nan, values).astype(np.float64) if is_object else values, nothing, nothing
        if _kind(tensor) == "integer" and is_float:
            return values, np.isnan(values), np.abs(values) >= _EXACT
        return values, absent, nothing

    def _given(self, tensor: TensorSpec, inputs: Inputs) -> NDArray[Any]:
        values = inputs.raw.get(tensor.name)
        if values is None:
            got = f"no field {tensor.name!r} beside {', '.join(inputs.raw) or 'the features'}"
            refuse(self.ref, f"input {tensor}", got, "give it a column of this name")
        if len(values) != len(inputs):
            fail(self.ref, f"got {len(values)} values of field {tensor.name!r} for {len(inputs)} rows")
        return values

    def _typed(self, tensor: TensorSpec, values: NDArray[Any]) -> NDArray[Any]:
        """Return values without absent ones in a type that the runtime takes."""
        if values.dtype.kind != "O" or _kind(tensor) != "integer":
            return values
        whole = values.astype(np.int64)
        if (whole != values).any():
            refuse(self.ref, f"input {tensor}", f"{values[whole != values][0]!r}", "give it whole numbers")
        return whole


def spread(scores: Scores | None, rows: NDArray[np.int64], size: int) -> Scores:
    """Return scores of ``size`` rows of which only some have one; the others have NaN, and no label."""
    prediction = np.full(size, np.nan)
    if scores is None:
        return Scores(prediction, None, None)
    prediction[rows] = scores.prediction
    label = classes = None
    if scores.label is not None:
        label = np.full(size, None, dtype=object)
        label[rows] = scores.label
    if scores.scores is not None:
        classes = np.full((size, scores.scores.shape[1]), np.nan)
        classes[rows] = scores.scores
    return Scores(prediction, label, classes)


def _kind(tensor: TensorSpec) -> str:
    if tensor.dtype == "string":
        return "string"
    return "integer" if is_integer(tensor) else "float" if tensor.dtype.startswith("float") else tensor.dtype
