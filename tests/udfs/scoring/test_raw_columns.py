"""Raw fields of a user's table, of fallbacks, and of a version that takes over."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import gress
from models.inspect import spec_from_file
from models.registry import Registry, local_registry
from tests.support.raw_jobs import FIELDS, event, expected, raw_settings
from tests.support.raw_models import LARGEST, write_three_inputs
from tests.support.sample_models import write_onnx
from udfs.features.errors import FeatureError
from udfs.functions.score_columns import ScoreColumns

EVENTS = [event(number) for number in range(4)]
FRAME = pd.DataFrame({name: pd.Series([each[name] for each in EVENTS]) for name in EVENTS[0]})
WANT = expected(EVENTS)
HOLED = [1, 2, 3]
FORMS: dict[str, Callable[[pd.DataFrame], Any]] = {
    "pandas": lambda frame: frame,
    "nullable": lambda frame: frame.astype({"user_id": "Int64", "merchant": "string"}),
    "category": lambda frame: frame.astype({"merchant": "category"}),
    "arrow": pa.Table.from_pandas,
    "numpy": lambda frame: {name: frame[name].to_numpy() for name in frame},
    "lists": lambda frame: {name: frame[name].tolist() for name in frame},
}


@pytest.mark.parametrize("form", FORMS)
def test_table_is_scored_with_its_raw_columns(form: str, tmp_path: Path) -> None:
    with gress.open_scorer(raw_settings(write_three_inputs(tmp_path))) as scorer:
        found = scorer.score(FORMS[form](FRAME))
        assert found.problems == {}
        np.testing.assert_allclose(found.prediction, WANT, atol=1e-6)


@pytest.mark.parametrize("form", ["nullable", "arrow"])
def test_identifiers_beside_absent_ones_are_exact(form: str, tmp_path: Path) -> None:
    holed = FRAME.astype({"user_id": "Int64"})
    holed.loc[0, "user_id"] = pd.NA
    table = FORMS[form](holed)
    with gress.open_scorer(raw_settings(write_three_inputs(tmp_path))) as scorer:
        found = scorer.score(table)
    assert {row: problem.reason for row, problem in found.problems.items()} == {0: "failed"}
    np.testing.assert_allclose(found.prediction[HOLED], WANT[HOLED], atol=1e-6)


def test_table_without_a_raw_column_is_refused(tmp_path: Path) -> None:
    with gress.open_scorer(raw_settings(write_three_inputs(tmp_path))) as scorer:
        with pytest.raises(FeatureError, match="expected raw column 'merchant', got none; give the table the field"):
            scorer.score(FRAME.drop(columns="merchant"))
        with pytest.raises(FeatureError, match="expected text in raw column 'merchant', got integer; convert it"):
            scorer.score(FRAME.assign(merchant=np.array([1, 2, 3, 4], dtype=object)))


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """A version that reads no raw field, and one that reads two."""
    found = local_registry(tmp_path / "registry")
    plain, raw = _write_plain(tmp_path / "plain"), write_three_inputs(tmp_path / "raw")
    found.publish(spec_from_file(plain, "m", "1.0.0"), plain)
    found.publish(spec_from_file(raw, "m", "2.0.0"), raw)
    found.deployments("m").promote("1.0.0")
    return found


def _write_plain(folder: Path) -> Path:
    """A model of features alone, which gives their sum."""
    from onnx import TensorProto, helper

    folder.mkdir()
    node = helper.make_node("ReduceSum", ["x", "axes"], ["sum"], keepdims=1)
    ports = [("x", TensorProto.FLOAT, ["n", 2])], [("sum", TensorProto.FLOAT, ["n", 1])]
    return write_onnx(folder, [node], *ports, {"axes": np.array([1])})


def _open(registry: Registry, fields: Any = FIELDS, **inference: Any) -> ScoreColumns:
    store = {"type": "local", "base_path": str(registry.base), "watch_interval": "10ms"}
    chosen = {"model_version": "", **inference}
    settings = raw_settings(Path(), fields=fields, inference=chosen, model_registry=store, models=[])
    assert settings.job is not None
    function = ScoreColumns(settings.job, settings.ml)
    function.open()
    return function


def _columns(**changed: list[Any]) -> dict[str, np.ndarray]:
    columns = {name: np.array([each[name] for each in EVENTS]) for name in ("user_id", "amount", "size")}
    texts = {"merchant": np.array([each["merchant"] for each in EVENTS], dtype=object)}
    return {**columns, **texts, **{name: np.array(values, dtype=object) for name, values in changed.items()}}


def test_version_that_reads_raw_fields_takes_over(registry: Registry) -> None:
    function, columns = _open(registry), _columns()
    sums = [each["amount"] + 2 for each in EVENTS]
    np.testing.assert_allclose(function.run(columns)["__prediction"], sums, rtol=1e-6)
    registry.deployments("m").promote("2.0.0")
    end = time.monotonic() + 10
    while set((found := function.run(columns))["__version"]) != {"2.0.0"}:
        assert time.monotonic() < end, registry.records("m", "2.0.0")
        time.sleep(0.01)
    function.close()
    np.testing.assert_allclose(found["__prediction"], WANT, atol=1e-6)


def test_version_that_the_fields_do_not_fit_is_rejected(registry: Registry) -> None:
    fields = {**FIELDS, "user_id": {"type": "string"}}
    function = _open(registry, fields)
    registry.deployments("m").promote("2.0.0")
    end = time.monotonic() + 10
    while not registry.records("m", "2.0.0"):
        assert time.monotonic() < end
        time.sleep(0.01)
    assert set(function.run(_columns())["__version"]) == {"1.0.0"}
    function.close()
    (record,) = registry.records("m", "2.0.0")
    assert "got field 'user_id' of type string; it takes fields of type long" in record.reason


def test_row_without_a_value_is_scored_by_a_version_that_needs_none(registry: Registry) -> None:
    function = _open(registry, model_version="2.0.0", fallback_version="1.0.0")
    found = function.run(_columns(merchant=["acme", None, "", "acme"], user_id=[LARGEST, 1, 2, None]))
    function.close()
    assert found["__status"].tolist() == ["ok", "fallback:1.0.0", "ok", "fallback:1.0.0"]
    assert found["__status_reason"].tolist() == [None, "failed", None, "failed"]
    np.testing.assert_allclose(found["__prediction"][[1, 3]], [2 + 1 / 8, 2 + 3 / 8], rtol=1e-6)


def test_rows_without_a_value_say_nothing_about_the_model(registry: Registry) -> None:
    function = _open(registry, model_version="2.0.0", default_prediction=0.5)
    nothing = _columns(merchant=[None] * 4)
    for _ in range(30):
        assert set(function.run(nothing)["__status"]) == {"default"}
    assert set(function.run(_columns())["__status"]) == {"ok"}
    function.close()
