"""Calls of models and features for the Table API carry what they need, and are checked as they are made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
import pandas as pd
import pytest

import gress
from gress.table.call import place_for_workers
from models.inspect import spec_from_file
from models.registry import local_registry
from tests.support.small_model import write_model
from tests.support.tiny_models import linear, write_linear
from udfs.sql.functions import Features, Predict
from udfs.sql.options import SqlOptions

COLUMNS = {"amount": [1.0, 4.0], "size": [2.0, 0.5], "hour": [3.0, 23.0]}
_JOB = {
    "name": "payments",
    "events": {
        "id": "id",
        "key": "id",
        "time": "at",
        "fields": {"id": {"type": "long"}, "at": {"type": "timestamp"}, "amount": {"type": "double"}},
    },
    "features": {"name": "logs", "specs": [{"name": "amount_log", "type": "log", "source": "amount"}]},
    "inference": {"model_name": "another"},
}


class Parameters:
    """The context of a job whose parameters name another registry."""

    def get_job_parameter(self, key: str, default: str) -> str:
        return "/no/such/place" if key == "gress.registry" else default


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    folder = tmp_path / "registry"
    file = write_linear(tmp_path)
    local_registry(folder).publish(spec_from_file(file, "payments", "1.0.0", feature_columns=tuple(COLUMNS)), file)
    return folder


@pytest.fixture
def settings() -> gress.Settings:
    return gress.load_settings(overrides=[f"job={json.dumps(_JOB)}"], environ={})


def as_worker_has_it(function: Any) -> Any:
    """Return a function after its way to a worker, open in a job with other parameters."""
    found = cloudpickle.loads(cloudpickle.dumps(function))
    found.open(Parameters())
    return found


def test_function_takes_its_registry_to_the_worker(registry: Path) -> None:
    function = as_worker_has_it(Predict(SqlOptions(str(registry), given=gress.load_settings(environ={}))))
    found = function.eval("payments$1.0.0", *(pd.Series(values) for values in COLUMNS.values()))
    np.testing.assert_allclose(found["prediction"], linear(np.column_stack(list(COLUMNS.values()))), rtol=1e-6)
    function.close()


def test_function_takes_its_settings_to_the_worker(settings: gress.Settings) -> None:
    function = as_worker_has_it(Features(SqlOptions(given=settings)))
    found = function.eval("payments", pd.Series(COLUMNS["amount"]))
    np.testing.assert_allclose(np.stack(found.to_numpy()), np.log1p([[1.0], [4.0]]), rtol=1e-6)


@pytest.mark.parametrize(
    ("model", "columns", "error"),
    [
        pytest.param("paymnts", (), "model 'paymnts' has no version in .*; nearest valid name 'payments'", id="model"),
        pytest.param("payments$7.0.0", (), "no version 7.0.0", id="version"),
        pytest.param(
            "payments", (1.0, 2.0), r"\('payments'\): expected 3 columns .*, got 2; missing hour", id="too few"
        ),
        pytest.param("payments", (1.0,) * 5, "expected 3 columns .*, got 5; 2 too many", id="too many"),
        pytest.param("payments", (1.0, 2.0, 3.0), "expected a column of a table among the arguments", id="literals"),
    ],
)
def test_calls_that_no_row_could_satisfy_are_refused(
    model: str, columns: tuple[float, ...], error: str, registry: Path
) -> None:
    with pytest.raises((gress.ModelError, gress.JobError), match=error):
        gress.predict(model, *columns, registry=registry)


def test_classes_are_checked_as_predictions_are(registry: Path) -> None:
    with pytest.raises(gress.FeatureError, match="option top_k of gress_score: expected a whole number of at least 1"):
        gress.classes("payments", top_k=0, registry=registry)
    with pytest.raises(
        gress.JobError, match=r"gress.classes\('payments\$all'\): expected 3 columns .*, got 2; missing hour"
    ):
        gress.classes("payments$all", *(1.0, 2.0), registry=registry)
    with pytest.raises(gress.ModelError, match="nearest valid name 'payments'"):
        gress.classes("paymnts", registry=registry)


def test_fields_of_settings_are_the_columns(tmp_path: Path, settings: gress.Settings) -> None:
    file = write_model(tmp_path / "model", width=1)
    local_registry(tmp_path / "narrow").publish(spec_from_file(file, "payments", "1.0.0"), file)
    registry = tmp_path / "narrow"
    with pytest.raises(gress.JobError, match=r"\('payments\$1.0.0'\): expected 1 column \(amount\), got 2; 1 too many"):
        gress.predict("payments$1.0.0", 1.0, 2.0, registry=registry, config=settings)
    with pytest.raises(
        gress.JobError, match=r"features\('payments'\): expected 1 column \(amount\), got 2; 1 too many"
    ):
        gress.features(settings, 1.0, 2.0)


def test_settings_without_a_job_are_refused(registry: Path) -> None:
    with pytest.raises(gress.JobError, match="settings: expected a `job:`"):
        gress.predict("payments", registry=registry, config=gress.load_settings(environ={}))
    with pytest.raises(gress.JobError, match="nearest valid name 'fraud-detection'"):
        gress.features("fraud-detecton")


@pytest.mark.parametrize(
    ("registry", "place"),
    [
        pytest.param("models", "HERE/models", id="folder"),
        pytest.param(Path("models"), "HERE/models", id="path"),
        pytest.param("package:models", "package:models", id="package"),
        pytest.param("s3://bucket/models", "s3://bucket/models", id="URL"),
        pytest.param("", "HERE/mine", id="of the settings"),
    ],
)
def test_place_of_a_registry_is_the_same_for_workers(
    registry: str | Path, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = gress.load_settings(overrides=["ml.model_registry.base_path=mine"], environ={})
    assert place_for_workers(registry, settings) == place.replace("HERE", str(tmp_path))
