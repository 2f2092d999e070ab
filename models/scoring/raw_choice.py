"""Choice of the inputs that take raw fields of the event instead of features.

Rules:
- An input of text always takes the field of its name.
- Of the others, what model.json records as ``raw_inputs`` counts.
- An input of one number takes the field of its name if no feature column has that name.
- A model that features alone can fill gets features alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from models.errors import fail
from models.scoring.event_fields import EventFields
from models.scoring.raw_fields import is_integer, is_one_field
from models.spec import ModelSpec, TensorSpec


def choices(
    spec: ModelSpec, tensors: Sequence[TensorSpec], columns: Sequence[str] | None, fields: EventFields | None
) -> Iterator[frozenset[str]]:
    """Yield sets of inputs that may take raw fields, the most probable first.

    Args:
        spec: spec of the model.
        tensors: the model's inputs.
        columns: the feature columns; None = unknown.
        fields: fields of the job's events; None = unknown, and then whole numbers alone are taken for identifiers.
    """
    if spec.raw_inputs is not None:
        yield _recorded(spec, tensors)
        return
    texts = frozenset(tensor.name for tensor in tensors if tensor.dtype == "string")
    single = [tensor for tensor in tensors if tensor.dtype != "string" and is_one_field(tensor)]
    if not texts:
        yield texts
    if columns is None:
        yield from _without_columns(tensors, texts, single)
        return
    numbers = [tensor.name for tensor in tensors if tensor.name not in texts]
    owned = {owner_of(numbers, column) for column in columns}
    identifiers = frozenset(tensor.name for tensor in single if is_integer(tensor)).difference(columns)
    may = identifiers if fields is None else {tensor.name for tensor in single if tensor.name in fields.types}
    if texts or fields is not None or len(identifiers) < len(numbers):
        yield texts.union(may - owned)
        yield texts.union(may.difference(columns))
    yield texts
    if len(identifiers) < len(numbers):
        # No job can fill them, and the error should name them.
        yield texts | identifiers


def surely_raw(spec: ModelSpec, tensors: Sequence[TensorSpec]) -> frozenset[str]:
    """Return the inputs that take raw fields whatever the job: texts, and those that model.json records."""
    return frozenset(tensor.name for tensor in tensors if tensor.dtype == "string").union(spec.raw_inputs or ())


def likely_raw(spec: ModelSpec) -> list[str]:
    """Return the inputs that take text, or one whole number that no known feature column is named like."""
    known = spec.feature_columns or ()
    return [
        tensor.name
        for tensor in spec.inputs
        if tensor.dtype == "string" or (is_integer(tensor) and is_one_field(tensor) and tensor.name not in known)
    ]


def owner_of(inputs: Collection[str], column: str) -> str | None:
    """Return the input that a column belongs to: that of its name, else the longest whose name it begins with."""
    if column in inputs:
        return column
    return max((name for name in inputs if column.startswith(f"{name}_")), key=len, default=None)


def _recorded(spec: ModelSpec, tensors: Sequence[TensorSpec]) -> frozenset[str]:
    names = frozenset(spec.raw_inputs or ())
    unknown = names - {tensor.name for tensor in tensors}
    if unknown:
        known = ", ".join(map(str, tensors))
        fail(spec.ref, f"has no input {min(unknown)!r}, which its raw_inputs name", f"it has {known}")
    return names.union(tensor.name for tensor in tensors if tensor.dtype == "string")


def _without_columns(
    tensors: Sequence[TensorSpec], texts: frozenset[str], single: Sequence[TensorSpec]
) -> Iterator[frozenset[str]]:
    """Yield the inputs that are clear without columns: texts, and identifiers beside one matrix of several columns."""
    identifiers = texts.union(tensor.name for tensor in single if is_integer(tensor))
    rest = [tensor for tensor in tensors if tensor.name not in identifiers]
    if len(rest) == 1 and rest[0] not in single:
        yield identifiers
    yield texts
