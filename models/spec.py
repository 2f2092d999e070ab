"""What a model says about itself: ``model.json``."""

from __future__ import annotations

import json
import os
import re
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    ValidationError,
)

from models.errors import ModelError
from models.version import Version

ModelType = Literal["onnx", "tflite", "tensorflow"]
Task = Literal["binary", "multiclass", "regression", "unknown"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*", re.ASCII)


def check_name(name: str) -> str:
    """The name itself when it can be a folder on any file system and a key in any object store."""
    if _NAME.fullmatch(name) is None:
        subject = f"model name {name!r}"
        raise ModelError(
            subject, "is not allowed", "use letters, digits, '.', '_' and '-', as in fraud-detector"
        )
    return name


def _plain_name(name: str) -> str:
    try:
        return check_name(name)
    except ModelError as error:
        raise ValueError(str(error)) from None


def _canonical_version(text: str) -> str:
    try:
        return str(Version.parse(text))
    except ModelError as error:
        raise ValueError(str(error)) from None


def _as_label(value: Any) -> Any:
    return str(value) if isinstance(value, int) else value


_Name = Annotated[str, AfterValidator(_plain_name)]
_Label = Annotated[str, BeforeValidator(_as_label)]


class TensorSpec(BaseModel):
    """An input or output: numpy dtype name (or ``string``, or the runtime's own text for maps) and shape.

    A dimension of None is free; an empty shape means that the file does not say.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    dtype: str
    shape: tuple[int | None, ...]

    def __str__(self) -> str:
        return f"{self.name!r} {self.dtype} {self.shape_text}"

    @property
    def shape_text(self) -> str:
        """The shape with ``n`` for a free first dimension and ``?`` for other free ones."""
        if not self.shape:
            return "(any shape)"
        free = ["n"] + ["?"] * (len(self.shape) - 1)
        dims = [mark if dim is None else str(dim) for dim, mark in zip(self.shape, free, strict=True)]
        return f"({', '.join(dims)}{',' if len(dims) == 1 else ''})"


class ModelSpec(BaseModel):
    """One version of one model: the artifact, its signature, and the features it was trained on.

    Args:
        version: Any text Version.parse reads; kept in its full form (``v2.0`` becomes ``2.0.0``).
        file: Name of the artifact, in the folder of its model.json.
        sha256: Of the artifact, 64 hexadecimal digits.
        classes: Labels in the order of the score columns, the positive one last; None = unknown.
        feature_columns: Names of the columns, in order, of the matrix it was trained on.
        threshold: Decision threshold on the prediction.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    name: _Name
    version: Annotated[str, AfterValidator(_canonical_version)]
    type: ModelType
    file: _Name
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    inputs: Annotated[tuple[TensorSpec, ...], Field(min_length=1)]
    outputs: Annotated[tuple[TensorSpec, ...], Field(min_length=1)]
    task: Task = "unknown"
    classes: Annotated[tuple[_Label, ...], Field(min_length=2)] | None = None
    feature_set: str | None = None
    feature_set_hash: str | None = None
    feature_columns: tuple[str, ...] | None = None
    threshold: FiniteFloat | None = None
    tags: tuple[str, ...] = ()
    description: str = ""
    metrics: Mapping[str, FiniteFloat] = Field(default_factory=dict)
    created_at: AwareDatetime | None = None
    format_version: Literal[1] = 1

    @property
    def ref(self) -> str:
        """How error texts name it: ``model fraud@2.0.0``."""
        return f"model {self.name}@{self.version}"


def read_spec(path: Path) -> ModelSpec:
    """Reads a model.json."""
    subject = f"model spec {path}"
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise ModelError(subject, f"cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ModelError(subject, f"is not JSON: {error}", "publish the model again") from error
    try:
        return ModelSpec.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "(whole file)"
        raise ModelError(subject, f"key {where}: {first['msg']}, got {first['input']!r}") from error


def write_spec(spec: ModelSpec, path: Path) -> None:
    """Writes a model.json at once or not at all; equal specs give equal bytes."""
    text = json.dumps(
        spec.model_dump(mode="json"), sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False
    )
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    with part.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
