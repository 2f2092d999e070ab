"""A registry whose model takes two features and a text."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.registry import Registry, local_registry
from models.spec import ModelSpec, TensorSpec, spec_text
from udfs.sql.options import NamedModel, SqlOptions
from udfs.sql.sql_models import SqlModels


def write_spec(
    base: Path,
    version: str,
    columns: tuple[str, ...] | None,
    *,
    name: str = "fraud-detector",
    text: str | None = "merchant",
) -> None:
    """Write a version's model.json; nobody loads its file here."""
    spec = ModelSpec(
        name=name,
        version=version,
        type="onnx",
        file="model.onnx",
        sha256="0" * 64,
        inputs=(
            TensorSpec(name="x", dtype="float32", shape=(None, 2)),
            *([] if text is None else [TensorSpec(name=text, dtype="string", shape=(None, 1))]),
        ),
        outputs=(TensorSpec(name="score", dtype="float32", shape=(None, 1)),),
        feature_columns=columns,
        task="binary",
        classes=("no", "yes"),
    )
    folder = base / spec.name / spec.version
    folder.mkdir(parents=True)
    (folder / "model.json").write_text(spec_text(spec), encoding="utf-8")


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    write_spec(tmp_path, "0.9.0", None)
    write_spec(tmp_path, "1.0.0", ("amount", "age"))
    write_spec(tmp_path, "1.0.0", None, name="of-a-job", text=None)
    return local_registry(tmp_path)


@pytest.fixture
def models(registry: Registry) -> SqlModels:
    created = {"fraud": NamedModel("fraud-detector", "1.0.0", "", ("merchant", "age", "amount"))}
    return SqlModels(SqlOptions(models=created), lambda _: registry)
