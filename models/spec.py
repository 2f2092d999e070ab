"""The spec of a model version, stored as ``model.json``."""

from __future__ import annotations

import json
import re
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
    StrictInt,
    StrictStr,
    ValidationError,
    model_validator,
)
from typing_extensions import Self

from conf.types.grammar import SEGMENT
from conf.types.printable import one_line
from models.errors import ModelError, fail
from models.lineage import Lineage
from models.output_roles import OutputRoles
from models.version import Version

ModelType = Literal["onnx", "tflite", "tensorflow"]
Task = Literal["binary", "multiclass", "regression", "unknown"]

_NAME = re.compile(SEGMENT)
# A deeper value could be read and not be written again.
_DEEPEST = 50


def check_name(name: str) -> str:
    """Return the name if it can be a folder on any file system and a key in any object store."""
    if not isinstance(name, str) or _NAME.fullmatch(name) is None:
        rule = "use letters, digits, '.', '_' and '-', 200 at most, as in fraud-detector"
        fail(f"model name {one_line(repr(name))}", "is not allowed", rule)
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


def _as_examples(value: Any) -> Any:
    return dict.fromkeys(value) if isinstance(value, (list, tuple)) else value


_Name = Annotated[str, AfterValidator(_plain_name)]
_Label = Annotated[str, BeforeValidator(_as_label)]
RawValue = Annotated[StrictStr | StrictInt | FiniteFloat | None, Field(union_mode="left_to_right")]
"""A value of a raw field: text, a whole number, a float, or none."""


class TensorSpec(BaseModel):
    """An input or output: numpy dtype name (or ``string``, or the runtime's own text for maps) and shape.

    A dimension of None is free; an empty shape is unknown.
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


class GoldenRows(BaseModel):
    """Rows with the predictions that every copy of the model must give, within 1e-5 absolute and 1e-4 relative.

    Args:
        columns: names of the k feature columns; none where the model takes raw fields alone.
        rows: (n, k); None = NaN.
        predictions: (n,), the required values of the prediction column.
        raw: values of the raw fields that the model takes, (n,) each.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: tuple[str, ...]
    rows: Annotated[tuple[tuple[FiniteFloat | None, ...], ...], Field(min_length=1, max_length=1000)]
    predictions: tuple[FiniteFloat, ...]
    raw: Mapping[str, tuple[RawValue, ...]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_rectangular(self) -> Self:
        lengths = {len(self.predictions), *map(len, self.raw.values())}
        if {len(row) for row in self.rows} != {len(self.columns)} or lengths != {len(self.rows)}:
            msg = f"expected {len(self.rows)} predictions and rows of {len(self.columns)} values"
            raise ValueError(msg)
        if not (self.columns or self.raw):
            msg = "expected columns or raw fields, got neither"
            raise ValueError(msg)
        return self


class ModelSpec(BaseModel):
    """One version of one model: the artifact, its signature, and the features it was trained on.

    Args:
        version: any text Version.parse reads; kept in its full form (``v2.0`` becomes ``2.0.0``).
        file: name of the artifact, in the folder of its model.json.
        sha256: checksum of the artifact, 64 hexadecimal digits.
        roles: the outputs that prediction, label and scores come from; None = not recorded, as in old model.json files.
        classes: labels in the order of the score columns; the last is the positive one unless ``roles`` names another.
        feature_columns: names of the columns, in order, of the training matrix.
        raw_inputs: inputs that take the event's field of their name instead of features, each with a value that the
            model can score; a value of None = "" or 0 will do. None = not recorded, so the job's features and fields
            tell. A list of names may be given, too.
        threshold: decision threshold on the prediction.
        baseline: histograms of the training rows and of the model's scores for them, as ``state.drift`` writes them;
            None = no baseline, so drift is not measured.
        golden: rows with known predictions, checked before the model serves; None = none.
        lineage: the stream that the version was learnt from; None = it was not learnt from one.
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
    roles: OutputRoles | None = None
    classes: Annotated[tuple[_Label, ...], Field(min_length=2)] | None = None
    feature_set: str | None = None
    feature_set_hash: str | None = None
    feature_columns: tuple[str, ...] | None = None
    raw_inputs: Annotated[Mapping[str, RawValue], BeforeValidator(_as_examples)] | None = None
    threshold: FiniteFloat | None = None
    golden: GoldenRows | None = None
    baseline: Mapping[str, Any] | None = None
    tags: tuple[str, ...] = ()
    description: str = ""
    metrics: Mapping[str, FiniteFloat] = Field(default_factory=dict)
    created_at: AwareDatetime | None = None
    lineage: Lineage | None = None
    format_version: Literal[1] = 1

    @property
    def ref(self) -> str:
        """The name in error texts: ``model fraud@2.0.0``."""
        return f"model {self.name}@{self.version}"


def read_spec(path: Path) -> ModelSpec:
    """Read a model.json."""
    try:
        content = path.read_bytes()
    except OSError as error:
        fail(f"model spec {path}", f"cannot be read: {error.strerror}")
    return parse_spec(content, str(path))


def parse_spec(content: bytes, where: str) -> ModelSpec:
    """Return the spec in the bytes of a model.json; errors name ``where`` as their origin."""
    subject = f"model spec {where}"
    try:
        found = json.loads(content)
        # Half a character (a lone surrogate) is read from an escape, but could not be written again.
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        fail(subject, f"is not JSON: {error}", "publish the model again")
    if _is_deep(found):
        fail(subject, f"has more than {_DEEPEST} levels", "publish the model again")
    try:
        return ModelSpec.model_validate(found)
    except ValidationError as error:
        first = error.errors()[0]
        key = one_line(".".join(map(str, first["loc"]))) or "(whole file)"
        fail(subject, f"key {key}: {one_line(first['msg'])}, got {one_line(repr(first['input']))}")


def spec_text(spec: ModelSpec) -> str:
    """Return the text of a model.json; equal specs give equal text."""
    content = spec.model_dump(mode="json")
    # Without raw inputs and lineage the text stays one that earlier releases read.
    for key in ("raw_inputs", "lineage"):
        if not content[key]:
            del content[key]
    if content["golden"] and not content["golden"]["raw"]:
        del content["golden"]["raw"]
    return json.dumps(content, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _is_deep(tree: object) -> bool:
    """Return whether a tree has too many levels; a walk level by level needs no stack."""
    level, depth = [tree], 0
    while level:
        depth += 1
        inner = [each.values() if isinstance(each, dict) else each for each in level if isinstance(each, dict | list)]
        level = [value for values in inner for value in values]
    return depth > _DEEPEST
