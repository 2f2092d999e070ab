"""The classes of one prediction as rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pandas as pd
import pytest

from models.inspect import spec_from_file
from models.registry import local_registry
from tests.support.tiny_models import linear, write_classes, write_linear
from udfs.features.errors import FeatureError
from udfs.sql.classes import ClassOptions, classes_of
from udfs.sql.named_models import NamedModels
from udfs.sql.options import SqlOptions

ROW = [1.0, 2.0, 3.0]
CLASSES = ("no", "yes")


@pytest.fixture
def models(tmp_path: Path) -> Iterator[NamedModels]:
    place = local_registry(tmp_path / "registry")
    columns = ("a", "b", "c")
    for name, file, more in (
        ("number", write_linear(tmp_path / "number"), {}),
        ("classes", write_classes(tmp_path / "classes", picky=False), {"task": "binary", "classes": CLASSES}),
    ):
        place.publish(spec_from_file(file, name, "1.0.0", feature_columns=columns, **more), file)
    found = NamedModels(SqlOptions(str(tmp_path / "registry")))
    yield found
    found.close()


def said(models: NamedModels, name: str, **options: Any) -> list[tuple[str | None, float, int]]:
    batch = models.score("gress_score", name, [pd.Series([value]) for value in ROW])
    return classes_of(batch, ClassOptions(**options))


def expected(tmp_path: Path) -> dict[str, float]:
    """What ONNX Runtime says of the classes."""
    session = onnxruntime.InferenceSession(str(write_classes(tmp_path / "golden", picky=False)))
    outputs = session.run(None, {session.get_inputs()[0].name: np.array([ROW], np.float32)})
    scores = next(each for each in outputs if np.asarray(each).ndim == 2)
    return dict(zip(CLASSES, np.asarray(scores)[0].tolist(), strict=True))


def test_classes_come_with_the_likeliest_first(models: NamedModels, tmp_path: Path) -> None:
    want = sorted(expected(tmp_path).items(), key=lambda each: -each[1])
    found = said(models, "classes")
    assert [label for label, _, _ in found] == [label for label, _ in want]
    assert [score for _, score, _ in found] == pytest.approx([score for _, score in want])
    assert [rank for _, _, rank in found] == list(range(1, len(want) + 1))


def test_few_classes_are_asked_for(models: NamedModels) -> None:
    every = said(models, "classes")
    assert said(models, "classes", top_k=1) == every[:1]
    assert said(models, "classes", threshold=every[0][1]) == every[:1]
    assert said(models, "classes", threshold=2.0) == []


def test_a_model_without_classes_has_one_output(models: NamedModels) -> None:
    assert said(models, "number") == [(None, pytest.approx(float(linear(np.array([ROW]))[0])), 1)]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"topk": "1"}, "nearest valid name 'top_k'"),
        ({"top_k": "0"}, "expected a whole number of at least 1, got '0'"),
        ({"threshold": "x"}, "expected a number, got 'x'"),
    ],
    ids=["name", "count", "number"],
)
def test_wrong_options_are_refused(options: dict[str, str], text: str) -> None:
    with pytest.raises(FeatureError, match=text):
        ClassOptions.split((options, 1.0))
