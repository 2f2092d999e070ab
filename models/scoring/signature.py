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
        matrix: name of the one (n, k) input; None = one input per column.
        columns: input names by column position, if `matrix` is None.
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
        runtime_inputs: inputs of the loaded file: one (n, k) matrix, or one (n, 1) or (n,) input per column, by name.
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
    names = [tensor.name for tensor in tensors]
    if set(names) != set(columns) or len(names) != len(columns):
        refuse(
            spec.ref,
            f"{len(names)} inputs, one for each column",
            f"{len(columns)} columns",
            _difference(names, columns),
        )
    for tensor in tensors:
        _check_numeric(spec, tensor)
        if len(tensor.shape) > 2 or tensor.shape[1:] not in ((), (1,), (None,)):
            refuse(spec.ref, f"input {tensor}", "a column (n, 1)")
    return InputBinding(None, tuple(columns))


def _check_numeric(spec: ModelSpec, tensor: TensorSpec) -> None:
    if tensor.dtype == "string":
        refuse(
            spec.ref,
            f"input {tensor}",
            "a matrix of float32",
            "encode the text as features",
        )
