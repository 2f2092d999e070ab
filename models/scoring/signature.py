"""Check that a model fits the features of a job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.errors import fail, refuse
from models.spec import ModelSpec, TensorSpec


@dataclass(frozen=True)
class InputBinding:
    """The assignment of matrix columns to inputs: all columns to one input, or each to the input of its name.

    Args:
        matrix: name of the one (n, k) input; None = several inputs, or one column.
        columns: for each column the name of its input, if `matrix` is None.
    """

    matrix: str | None
    columns: tuple[str, ...] = ()


def check_signature(
    spec: ModelSpec,
    runtime_inputs: Sequence[TensorSpec],
    feature_columns: Sequence[str],
    feature_set_hash: str | None,
) -> InputBinding:
    """Refuse features that a model was not trained on, or that its inputs cannot take.

    Args:
        spec: spec of the model; its feature_columns and feature_set_hash are compared if it has them.
        runtime_inputs: inputs of the loaded file: one (n, k) matrix, or several inputs, each with the column of its
            name or with the k columns whose names are its name, an underscore and more.
        feature_columns: names of the k columns, in order.
        feature_set_hash: hash of the job's feature set; None = not compared.

    Raises:
        ModelError: the features do not fit; the text names missing and extra columns, the first column in the wrong
            place, or both hashes.
    """
    _check_columns(spec, feature_columns)
    if feature_set_hash and spec.feature_set_hash and feature_set_hash != spec.feature_set_hash:
        fail(
            spec.ref,
            f"was trained on feature set {spec.feature_set!r} with hash {spec.feature_set_hash}, "
            f"the job's has {feature_set_hash}",
            "use the features it was trained on, or train it on these and publish a new version",
        )
    return bind_inputs(spec, runtime_inputs, feature_columns)


def bind_inputs(
    spec: ModelSpec, runtime_inputs: Sequence[TensorSpec], feature_columns: Sequence[str] | None
) -> InputBinding:
    """Assign the columns of a float32 (n, k) matrix to inputs; unknown columns fit only a single matrix input."""
    if len(runtime_inputs) == 1 and (
        feature_columns is None or not _is_column(runtime_inputs[0], feature_columns)
    ):
        return _bind_matrix(spec, runtime_inputs[0], feature_columns)
    if feature_columns is None:
        fail(spec.ref, f"has {len(runtime_inputs)} inputs and no feature_columns", "name its columns in model.json")
    return _bind_columns(spec, runtime_inputs, feature_columns)


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
    _check_numeric(spec, tensor)
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
    owners = {column: _owner([tensor.name for tensor in tensors], column) for column in columns}
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


def _owner(inputs: Sequence[str], column: str) -> str | None:
    """Return the input that a column belongs to: that of its name, else the longest whose name it begins with."""
    if column in inputs:
        return column
    return max((name for name in inputs if column.startswith(f"{name}_")), key=len, default=None)


def check_inputs(spec: ModelSpec, inputs: Sequence[TensorSpec]) -> None:
    """Refuse inputs that the features of no job can fill.

    Raises:
        ModelError: an input takes text, is no matrix or column, or has a free width and columns that nobody named.
    """
    for tensor in inputs:
        _check_part(spec, tensor)
    if len(inputs) == 1 and inputs[0].shape[1:] == (None,) and spec.feature_columns is None:
        problem = f"has input {inputs[0]}, which does not say how many columns it takes"
        fail(spec.ref, problem, "name them: --features FILE, or feature_columns in model.json")


def _check_part(spec: ModelSpec, tensor: TensorSpec) -> None:
    _check_numeric(spec, tensor)
    if len(tensor.shape) > 2:
        refuse(spec.ref, f"input {tensor}", "features (n, k)", "export it with inputs of rows and columns")


def _check_numeric(spec: ModelSpec, tensor: TensorSpec) -> None:
    if tensor.dtype == "string":
        refuse(
            spec.ref,
            f"input {tensor}",
            "a matrix of float32",
            "encode the text as features, and export the model without its own encoder",
        )
