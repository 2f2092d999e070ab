"""From arrays to scores: a job's learnt versions are published, promoted and taken up by a job that serves them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.learned.learned_model import LearnedModel
from models.learned.promote import promote_learned
from models.learned.publish import publish_learned
from models.lifecycle import rollback
from models.registry import Registry, local_registry
from tests.models.learned.samples import NOW, bayes, learned, linear
from tests.support.job_settings import MakeSettings
from udfs.features.feature_set import FeatureSet, compile_feature_set
from udfs.functions.score_columns import ScoreColumns

# The features are amount, size and their ratio; of the fourth row the amount is not there, and so the ratio is 0.
AMOUNT, SIZE = np.array([1.0, 120.0, 1e30, np.nan, 60.0]), np.array([1.0, 3.0, 2.0, 4.0, 50.0])
COLUMNS = {"amount": AMOUNT, "size": SIZE}
MATRIX = np.column_stack([AMOUNT, SIZE, np.nan_to_num(AMOUNT / SIZE)]).astype(np.float32)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return local_registry(tmp_path / "registry")


@pytest.fixture
def job(make_settings: MakeSettings, registry: Registry) -> Any:
    """A job that follows the registry."""
    store = {"type": "local", "base_path": str(registry.base), "watch_interval": "10ms"}
    return make_settings(ml={"model_registry": store, "models": []}, inference={"model_version": ""})


@pytest.fixture
def features(job: Any) -> FeatureSet:
    return compile_feature_set(job.job.features, job.job.events)


@pytest.fixture
def function(job: Any) -> Iterator[ScoreColumns]:
    made = ScoreColumns(job.job, job.ml)
    yield made
    made.close()


def publish(registry: Registry, features: FeatureSet, slot: int, model: LearnedModel) -> str:
    found = learned(slot, model=model, feature_set=features.name, feature_set_hash=features.hash)
    return publish_learned(registry, "m", f"1.0.{slot}", found, created_at=NOW, rows=MATRIX).spec.version


def wait_for(function: ScoreColumns, version: str) -> dict[str, np.ndarray]:
    """The answers of a version, once it serves."""
    end = time.monotonic() + 20
    while set((found := function.run(COLUMNS))["__version"]) != {version}:
        assert time.monotonic() < end
        time.sleep(0.01)
    return dict(found)


def test_learnt_versions_serve_as_they_were_learnt(
    registry: Registry, features: FeatureSet, function: ScoreColumns
) -> None:
    models = {
        1: linear(features=features.columns, scale=[50.0, 10.0, 2.0]),
        2: linear(features=features.columns, scale=[40.0, 0.0, 3.0], clip=8.0),
        3: bayes(features=features.columns),
    }
    assert promote_learned(registry, "m", publish(registry, features, 1, models[1])).deployment is not None
    function.open()
    for slot in (1, 2, 3):
        version = publish(registry, features, slot, models[slot])
        promote_learned(registry, "m", version)
        found = wait_for(function, version)
        assert set(found["__status"]) == {"ok"}
        np.testing.assert_allclose(found["__prediction"], models[slot].predict(MATRIX), rtol=0, atol=1e-6)
        names = np.array(models[slot].classes)
        assert found["__label"].tolist() == names[models[slot].scores(MATRIX).argmax(axis=1)].tolist()
    rollback(registry, "m", by="ann")
    wait_for(function, "1.0.2")
    assert promote_learned(registry, "m", publish(registry, features, 4, models[1])).deployment is None


def test_a_version_of_other_features_is_not_taken_up(
    registry: Registry, features: FeatureSet, function: ScoreColumns
) -> None:
    promote_learned(registry, "m", publish(registry, features, 1, linear(features=features.columns)))
    function.open()
    other = learned(2, model=linear(features=features.columns), feature_set_hash="0" * 16)
    publish_learned(registry, "m", "1.0.2", other, created_at=NOW)
    promote_learned(registry, "m", "1.0.2")
    end = time.monotonic() + 20
    while not any(record.kind == "rejected" for record in registry.records("m", "1.0.2")):
        assert time.monotonic() < end
        time.sleep(0.01)
    assert set(function.run(COLUMNS)["__version"]) == {"1.0.1"}
