"""Check that a model fits the features of a job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from models.errors import ModelError, fail, refuse
from models.scoring.event_fields import EventFields
from models.scoring.raw_choice import choices, owner_of, surely_raw
from models.scoring.raw_fields import check_fields, is_one_field
from models.spec import ModelSpec, TensorSpec


@dataclass(frozen=True)
class InputBinding:
    """The assignment of matrix columns to inputs: all columns to one input, or each to the input of its name.

    Args:
        matrix: name of the one (n, k) input; None = several inputs, or one column.
        columns: for each column the name of its input, if `matrix` is None; empty: the model reads no features.
        raw: names of the inputs that take the event's field of their name.
    """

    matrix: str | None
    columns: tuple[str, ...] = ()
    raw: tuple[str, ...] = ()


def check_signature(
    spec: ModelSpec,
    runtime_inputs: Sequence[TensorSpec],
    feature_columns: Sequence[str],
    feature_set_hash: str | None,
    fields: EventFields | None = None,
) -> InputBinding:
    """Refuse features that a model was not trained on, or that its inputs cannot take.

    Args:
        spec: spec of the model; its feature_columns and feature_set_hash are compared if it has them.
        runtime_inputs: inputs of the loaded file: one (n, k) matrix, or several inputs, each with the column of its
            name or with the k columns whose names are its name, an underscore and more.
        feature_columns: names of the k columns, in order.
        feature_set_hash: hash of the job's feature set; None = not compared.
        fields: fields of the job's events, for inputs of text and for others that no feature fills; None = unknown.

    Raises:
        ModelError: the features do not fit; the text names missing and extra columns, the first column in the wrong
            place, or both hashes. Or an input has neither a feature nor a field, or one of another type.
    """
    _check_columns(spec, feature_columns)
    if feature_set_hash and spec.feature_set_hash and feature_set_hash != spec.feature_set_hash:
        fail(
            spec.ref,
            f"was trained on feature set {spec.feature_set!r} with hash {spec.feature_set_hash}, "
            f"the job's has {feature_set_hash}",
            "use the features it was trained on, or train it on these and publish a new version",
        )
    return bind_inputs(spec, runtime_inputs, feature_columns, fields)


def bind_inputs(
    spec: ModelSpec,
    runtime_inputs: Sequence[TensorSpec],
    feature_columns: Sequence[str] | None,
    fields: EventFields | None = None,
) -> InputBinding:
    """Assign columns and raw fields to inputs: the first choice of raw inputs that leaves the features no doubt.

    Unknown columns fit only a single matrix input beside the raw ones.

    Raises:
        ModelError: no choice fits.
    """
    first: ModelError | None = None
    for raw in choices(spec, runtime_inputs, feature_columns, fields):
        rest = [tensor for tensor in runtime_inputs if tensor.name not in raw]
        try:
            binding = _bind_features(spec, rest, feature_columns)
        except ModelError as error:
            first = first or error
            continue
        taken = [tensor for tensor in runtime_inputs if tensor.name in raw]
        for tensor in taken:
            _check_raw(spec, tensor)
        if fields is not None:
            check_fields(spec.ref, taken, fields)
        return replace(binding, raw=tuple(tensor.name for tensor in taken))
    if first is not None:
        raise first
    fail(spec.ref, "has no inputs")


def _bind_features(spec: ModelSpec, tensors: Sequence[TensorSpec], columns: Sequence[str] | None) -> InputBinding:
    if not tensors:
        return InputBinding(None)
    if len(tensors) == 1 and (columns is None or not _is_column(tensors[0], columns)):
        return _bind_matrix(spec, tensors[0], columns)
    if columns is None:
        fail(spec.ref, f"has {len(tensors)} inputs and no feature_columns", "name its columns in model.json")
    return _bind_columns(spec, tensors, columns)


def _check_columns(spec: ModelSpec, found: Sequence[str]) -> None:
    want = spec.feature_columns
    if want is None or tuple(found) == want:
        return
    difference = _difference(want, found)
    if not difference:
        i = next(i for i, (w, f) in enumerate(zip(want, found, strict=True)) if w != f)
        difference = f"column {i} should be {want[i]!r}, got {found[i]!r}"
    fail(spec.ref, f"was trained on {len(want)} columns, the job's features have {len(found)}", difference)


def _difference(want: Sequence[str], found: Sequence[str]) -> str:
    missing = [repr(name) for name in want if name not in set(found)]
    extra = [repr(name) for name in found if name not in set(want)]
    texts = [
        f"{word} column{'s' * (len(names) > 1)} {', '.join(names)}"
        for word, names in (("missing", missing), ("extra", extra))
        if names
    ]
    return ", ".join(texts)


def _is_column(tensor: TensorSpec, columns: Sequence[str]) -> bool:
    return tuple(columns) == (tensor.name,) and len(tensor.shape) < 2


def _bind_matrix(spec: ModelSpec, tensor: TensorSpec, columns: Sequence[str] | None) -> InputBinding:
    if len(tensor.shape) not in (0, 2):
        refuse(spec.ref, f"input {tensor}", "a matrix (n, k)", "export it with one (n, k) input")
    if columns is not None and tensor.shape and tensor.shape[1] not in (None, len(columns)):
        refuse(
            spec.ref,
            f"input {tensor}",
            f"(n, {len(columns)})",
            "its model.json names no columns to compare with"
            if spec.feature_columns is None
            else "its model.json does not fit its file",
        )
    return InputBinding(tensor.name)


def _bind_columns(spec: ModelSpec, tensors: Sequence[TensorSpec], columns: Sequence[str]) -> InputBinding:
    for tensor in tensors:
        _check_part(spec, tensor)
    owners = {column: owner_of([tensor.name for tensor in tensors], column) for column in columns}
    unused = [tensor.name for tensor in tensors if tensor.name not in owners.values()]
    extra = [column for column, owner in owners.items() if owner is None]
    if unused or extra:
        refuse(
            spec.ref,
            f"{len(tensors)} inputs, each with the columns of its name",
            f"{len(columns)} columns",
            _difference(unused, extra),
        )
    for tensor in tensors:
        own = [column for column in columns if owners[column] == tensor.name]
        if (len(tensor.shape) < 2 and len(own) > 1) or tensor.shape[1:] not in ((), (None,), (len(own),)):
            refuse(spec.ref, f"input {tensor}", f"the column{'s' * (len(own) > 1)} {', '.join(own)}")
    return InputBinding(None, tuple(owners[column] or "" for column in columns))


def check_inputs(spec: ModelSpec, inputs: Sequence[TensorSpec]) -> None:
    """Refuse inputs that no job can fill.

    Raises:
        ModelError: an input is no matrix or column, takes several texts a row, or has a free width and columns that
            nobody named.
    """
    raw = surely_raw(spec, inputs)
    for tensor in inputs:
        (_check_raw if tensor.name in raw else _check_part)(spec, tensor)
    rest = [tensor for tensor in inputs if tensor.name not in raw]
    if len(rest) == 1 and rest[0].shape[1:] == (None,) and spec.feature_columns is None:
        problem = f"has input {rest[0]}, which does not say how many columns it takes"
        fail(spec.ref, problem, "name them: --features FILE, or feature_columns in model.json")


def _check_part(spec: ModelSpec, tensor: TensorSpec) -> None:
    if len(tensor.shape) > 2:
        refuse(spec.ref, f"input {tensor}", "features (n, k)", "export it with inputs of rows and columns")


def _check_raw(spec: ModelSpec, tensor: TensorSpec) -> None:
    if tensor.shape and not is_one_field(tensor):
        refuse(spec.ref, f"input {tensor}", "one field of the event", "export it with an input (n, 1) for each field")
