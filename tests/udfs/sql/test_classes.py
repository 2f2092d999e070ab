"""The classes of one prediction as rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import onnxruntime
import pandas as pd
import pytest

from models.errors import ModelError
from models.inspect import spec_from_file
from models.registry import local_registry
from models.registry.errors import RegistryError
from tests.support.tiny_models import linear, write_classes, write_linear
from udfs.features.errors import FeatureError
from udfs.sql import sql_models
from udfs.sql.classes import ClassOptions, classes_of, unfit_row
from udfs.sql.named_models import NamedModels
from udfs.sql.options import NamedModel, SqlOptions
from udfs.sql.signature import Column
from udfs.sql.sql_models import SqlModels

ROW = [1.0, 2.0, 3.0]
CLASSES = ("no", "yes")


@pytest.fixture
def models(tmp_path: Path) -> Iterator[NamedModels]:
    """Models of numbers and of classes, and one that refuses large amounts in its first version, its later ones not."""
    place = local_registry(tmp_path / "registry")
    columns = ("a", "b", "c")
    two = {"task": "binary", "classes": CLASSES}
    for name, version, file, more in (
        ("number", "1.0.0", write_linear(tmp_path / "number"), {}),
        ("classes", "1.0.0", write_classes(tmp_path / "classes", picky=False), two),
        ("unnamed", "1.0.0", write_classes(tmp_path / "unnamed-classes", picky=False), {"task": "binary"}),
        ("picky", "1.0.0", write_classes(tmp_path / "picky"), two),
        ("picky", "2.0.0", write_classes(tmp_path / "mild", picky=False), two),
        ("picky", "3.0.0", write_linear(tmp_path / "other"), {"feature_columns": ("a", "b", "d")}),
        ("picky", "4.0.0", write_linear(tmp_path / "retired"), {}),
        ("picky", "5.0.0", write_linear(tmp_path / "unnamed"), {"feature_columns": None}),
    ):
        spec = spec_from_file(file, name, version, **{"feature_columns": columns, **more})
        place.publish(spec, file)
    place.retire("picky", "4.0.0")
    found = NamedModels(SqlOptions(str(tmp_path / "registry")))
    yield found
    found.close()


def said(models: NamedModels, name: str, row: list[float] = ROW, **options: Any) -> list[tuple[Any, ...]]:
    columns = [np.array([value]) for value in row]
    rows: list[tuple[Any, ...]] = []
    for named, found in models.score_each("gress_score", name, columns):
        if isinstance(found, str):
            rows.append(unfit_row(named.model, named.version, found))
        else:
            rows += classes_of(found, ClassOptions(**options))
    return rows


def expected(tmp_path: Path) -> dict[str, float]:
    """Classes and scores by ONNX Runtime."""
    session = onnxruntime.InferenceSession(str(write_classes(tmp_path / "golden", picky=False)))
    outputs = session.run(None, {session.get_inputs()[0].name: np.array([ROW], np.float32)})
    scores = next(each for each in outputs if np.asarray(each).ndim == 2)
    return dict(zip(CLASSES, np.asarray(scores)[0].tolist(), strict=True))


def test_classes_without_names_have_numbers(models: NamedModels, tmp_path: Path) -> None:
    want = sorted(enumerate(expected(tmp_path).values()), key=lambda each: -each[1])
    found = said(models, "unnamed")
    assert [row[0] for row in found] == [str(place) for place, _ in want]
    assert [row[1] for row in found] == pytest.approx([score for _, score in want])


def test_classes_come_with_the_likeliest_first(models: NamedModels, tmp_path: Path) -> None:
    want = sorted(expected(tmp_path).items(), key=lambda each: -each[1])
    found = said(models, "classes")
    assert [row[0] for row in found] == [label for label, _ in want]
    assert [row[1] for row in found] == pytest.approx([score for _, score in want])
    assert [row[2] for row in found] == list(range(1, len(want) + 1))
    assert {row[3:] for row in found} == {("classes", "1.0.0", "ok", None)}


def test_few_classes_are_asked_for(models: NamedModels) -> None:
    every = said(models, "classes")
    assert said(models, "classes", top_k=1) == every[:1]
    assert said(models, "classes", threshold=every[0][1]) == every[:1]
    assert said(models, "classes", threshold=2.0) == []


def test_a_model_without_classes_has_one_output(models: NamedModels) -> None:
    score = pytest.approx(float(linear(np.array([ROW]))[0]))
    assert said(models, "number") == [(None, score, 1, "number", "1.0.0", "ok", None)]


def test_a_row_that_the_model_refuses_says_so(models: NamedModels) -> None:
    bad = [99.0, 2.0, 3.0]
    assert said(models, "picky$1.0.0", bad) == [(None, None, None, "picky", "1.0.0", "dead_letter", "failed")]
    missing = [float("nan"), 2.0, 3.0]
    assert said(models, "number", missing) == [(None, None, None, "number", "1.0.0", "dead_letter", "not_finite")]


def test_all_versions_stand_side_by_side_and_those_that_do_not_fit_say_why(models: NamedModels) -> None:
    found = said(models, "picky$all", [99.0, 2.0, 3.0], top_k=1)
    assert [row[3:6] for row in found] == [
        ("picky", "1.0.0", "dead_letter"), ("picky", "2.0.0", "ok"),
        ("picky", "3.0.0", "ok"), ("picky", "5.0.0", "error"),
    ]  # fmt: skip
    assert found[1] == said(models, "picky$2.0.0", [99.0, 2.0, 3.0], top_k=1)[0]
    assert "whose columns nobody named" in found[3][6]
    assert found == said(models, "picky$all", [99.0, 2.0, 3.0], top_k=1)


def test_a_version_that_does_not_fit_is_opened_once(models: NamedModels, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    columns = SqlModels.columns

    def noted(models: SqlModels, named: NamedModel) -> tuple[Column, ...]:
        opened.append(named.version)
        return columns(models, named)

    monkeypatch.setattr(SqlModels, "columns", noted)
    assert said(models, "picky$all") == said(models, "picky$all")
    assert opened == ["1.0.0", "2.0.0", "3.0.0", "5.0.0"]


def test_a_registry_that_does_not_answer_is_no_version_that_does_not_fit(
    models: NamedModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*given: object) -> NoReturn:
        raise RegistryError(*error)

    error = "s3://models", "read", "it is slow", "wait"
    with monkeypatch.context() as broken:
        broken.setattr(sql_models, "choose", fail)
        with pytest.raises(RegistryError, match="cannot read: it is slow"):
            said(models, "picky$all")
    assert {row[5] for row in said(models, "picky$all")} == {"ok", "error"}


def test_versions_with_other_columns_say_why(models: NamedModels) -> None:
    frame = pd.DataFrame([ROW], columns=["a", "b", "c"])
    found = {named.version: batch for named, batch in models.score_each("gress_score", "picky$all", [frame])}
    assert "expected field 'd' in the row, got a, b, c" in str(found["3.0.0"])
    assert not isinstance(found["2.0.0"], str)


def test_one_version_that_does_not_fit_is_refused(models: NamedModels) -> None:
    with pytest.raises(ModelError, match="whose columns nobody named"):
        said(models, "picky$5.0.0")


def test_versions_that_are_all_retired_are_refused(models: NamedModels, tmp_path: Path) -> None:
    local_registry(tmp_path / "registry").retire("number", "1.0.0")
    with pytest.raises(ModelError, match=r"^model number has only retired versions in "):
        said(models, "number$all")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"topk": "1"}, "nearest valid name 'top_k'"),
        ({"top_k": "0"}, "expected a whole number of at least 1, got '0'"),
        ({"threshold": "x"}, "expected a number, got 'x'"),
        ({"threshold": "nan"}, "expected a number, got 'nan'"),
    ],
    ids=["name", "count", "number", "no number"],
)
def test_wrong_options_are_refused(options: dict[str, str], text: str) -> None:
    with pytest.raises(FeatureError, match=text):
        ClassOptions.split((options, 1.0))
