"""The spec of a bare model file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from models.checksum import file_sha256
from models.errors import ModelError, fail
from models.runtimes import RUNTIMES
from models.runtimes.options import RuntimeOptions
from models.spec import ModelSpec, TensorSpec

_TYPES = {".onnx": "onnx", ".tflite": "tflite"}


def spec_from_file(path: Path, name: str, version: str, **fields: Any) -> ModelSpec:
    """Read the spec from a model file: checksum, inputs, outputs, and the task if the outputs show it.

    Args:
        path: an .onnx or .tflite file; another suffix needs ``type``.
        name: name of the model.
        version: version of the model.
        **fields: further fields of ModelSpec, such as task, classes, feature_columns, threshold; they win
            over those read from the file.

    Raises:
        ModelError: the file cannot be read, or a field is wrong.
    """
    kind = str(fields.pop("type", None) or _TYPES.get(path.suffix.lower()))
    if kind not in RUNTIMES:
        raise ModelError.of_file(
            path,
            f"has type {kind!r}",
            f"expected {', '.join(RUNTIMES)}, by its suffix or its `type`",
        )
    runtime = RUNTIMES[kind].load(path, RuntimeOptions())
    found = {
        "type": kind,
        "file": path.name,
        "sha256": file_sha256(path),
        "inputs": runtime.inputs,
        "outputs": runtime.outputs,
        "task": _guess_task(runtime.outputs),
    }
    runtime.close()
    try:
        return ModelSpec.model_validate({"name": name, "version": version, **found, **fields})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        fail(f"model {name}@{version}", f"field {where}: {first['msg']}, got {first['input']!r}")


def _guess_task(outputs: tuple[TensorSpec, ...]) -> str:
    """Return binary or multiclass for labels beside probabilities of a known width, else unknown."""
    has_label = any(
        tensor.dtype in ("int64", "int32", "string") and len(tensor.shape) <= 1 for tensor in outputs
    )
    widths = [
        tensor.shape[1] for tensor in outputs if tensor.dtype.startswith("float") and len(tensor.shape) == 2
    ]
    if not has_label or len(widths) != 1 or widths[0] is None or widths[0] < 2:
        return "unknown"
    return "binary" if widths[0] == 2 else "multiclass"
