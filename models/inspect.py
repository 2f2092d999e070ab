"""The spec of a bare model file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from models.checksum import file_sha256
from models.errors import ModelError, fail
from models.output_roles import OutputRoles
from models.runtimes import RUNTIMES
from models.runtimes.options import RuntimeOptions
from models.scoring.find_roles import find_roles
from models.scoring.raw_choice import likely_raw
from models.scoring.sample_rows import examples, sample_answers
from models.spec import ModelSpec

_TYPES = {".onnx": "onnx", ".tflite": "tflite"}


def spec_from_file(
    path: Path,
    name: str,
    version: str,
    *,
    sample: Callable[[Sequence[str]], Mapping[str, Sequence[Any]]] | None = None,
    **fields: Any,
) -> ModelSpec:
    """Read the spec from a model file: checksum, inputs, outputs and their roles, and the task if the outputs show it.

    Args:
        path: an .onnx or .tflite file; another suffix needs ``type``.
        name: name of the model.
        version: version of the model.
        sample: function that returns values for inputs that probably take raw fields; it may leave out some. Without
            them the file is tried on empty texts.
        **fields: further fields of ModelSpec, such as task, classes, feature_columns, threshold; they win
            over those read from the file. ``roles`` may have gaps, which the file fills.

    Raises:
        ModelError: the file cannot be read, a field is wrong, or it is in doubt which output is the prediction.
    """
    kind = str(fields.pop("type", None) or _TYPES.get(path.suffix.lower()))
    if kind not in RUNTIMES:
        raise ModelError.of_file(
            path,
            f"has type {kind!r}",
            f"expected {', '.join(RUNTIMES)}, by its suffix or its `type`; models/recipes converts other models",
        )
    runtime = RUNTIMES[kind].load(path, RuntimeOptions())
    try:
        found = {
            "type": kind,
            "file": path.name,
            "sha256": file_sha256(path),
            "inputs": runtime.inputs,
            "outputs": runtime.outputs,
        }
        spec = _spec({"name": name, "version": version, **found, **fields})
        raw = examples(spec) if sample is None else {**examples(spec), **sample(likely_raw(spec))}
        answers = sample_answers(runtime, len(spec.feature_columns or ()) or 1, raw)
    finally:
        runtime.close()
    if answers is None:
        return spec
    seen = find_roles(answers, spec.roles or OutputRoles(), ref=spec.ref, classes=spec.classes)
    task = seen.task if "task" not in fields else spec.task
    return spec.model_copy(update={"roles": seen.roles, "classes": spec.classes or seen.classes, "task": task})


def _spec(fields: Mapping[str, Any]) -> ModelSpec:
    try:
        return ModelSpec.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        fail(f"model {fields['name']}@{fields['version']}", f"field {where}: {first['msg']}, got {first['input']!r}")
