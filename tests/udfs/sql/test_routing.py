"""Calls of a model with an experiment: each row is answered by its variant, as in the job."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from conf.loading.loader import load_settings
from models.inspect import spec_from_file
from models.registry import local_registry
from tests.support.split_job import write_split_job
from tests.support.tiny_models import write_linear, write_opposite
from udfs.features.errors import FeatureError
from udfs.functions.score_columns import ScoreColumns
from udfs.sql.named_models import NamedModels, prediction_columns
from udfs.sql.options import NamedModel, SqlOptions
from udfs.sql.sql_models import SqlModels

SIZE = 300


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Settings of a job whose model has two versions in an experiment, of which the first is deployed."""
    registry = local_registry(tmp_path / "registry")
    for version, write in (("1.0.0", write_linear), ("2.0.0", write_opposite)):
        file = write(tmp_path / version)
        registry.publish(spec_from_file(file, "m", version), file)
        registry.publish(spec_from_file(file, "other", version), file)
    registry.deployments("m").promote("1.0.0")
    return write_split_job(tmp_path, registry.base, (70, 30))


@pytest.fixture
def models(config: Path) -> Iterator[NamedModels]:
    found = NamedModels(SqlOptions("", str(config)))
    yield found
    found.close()


def table() -> dict[str, Any]:
    cards = [f"card {number}" for number in range(SIZE)]
    return {
        "amount": np.arange(SIZE) % 9 * 1.0,
        "size": np.full(SIZE, 2.0),
        "card": np.array(cards, dtype=object),
    }


def series(*names: str) -> list[pd.Series]:
    return [pd.Series(table()[name]) for name in names]


def test_rows_have_the_variants_and_predictions_of_the_job(config: Path, models: NamedModels) -> None:
    settings = load_settings(config)
    assert settings.job is not None
    job = ScoreColumns(settings.job, settings.ml)
    job.open()
    want = job.run(table())
    job.close()
    found = prediction_columns(models.score("gress_predict", "m", series("amount", "size", "card")))
    assert list(found["variant"]) == list(want["__variant"])
    assert set(found["variant"]) == {"old", "new"}
    np.testing.assert_array_equal(found["prediction"], want["__prediction"])
    assert list(found["version"]) == ["1.0.0" if variant == "old" else "2.0.0" for variant in found["variant"]]


def test_row_without_a_unit_takes_part_in_no_experiment_and_is_a_dead_letter_as_in_the_job(models: NamedModels) -> None:
    cards = pd.Series(["card 1", None])
    found = prediction_columns(
        models.score("gress_predict", "m", [*(each.head(2) for each in series("amount", "size")), cards])
    )
    assert list(found["status"]) == ["ok", "dead_letter"]
    assert [found[name][1] for name in ("variant", "version", "reason")] == [None, None, "missing_value"]


def test_the_field_that_splits_is_a_column_of_the_call(config: Path, models: NamedModels) -> None:
    columns = SqlModels(SqlOptions("", str(config))).columns(NamedModel("m", "", str(config)))
    assert [(each.name, each.kind) for each in columns] == [("amount", "number"), ("size", "number"), ("card", "text")]
    with pytest.raises(FeatureError, match=r"expected 3 columns \(amount, size, card\), got 2; .*missing is 'card'"):
        models.score("gress_predict", "m", series("amount", "size"))


@pytest.mark.parametrize("reference", ["m$1.0.0", "m$2.0.0", "other"])
def test_a_pinned_version_and_another_model_take_part_in_no_experiment(reference: str, models: NamedModels) -> None:
    found = prediction_columns(models.score("gress_predict", reference, series("amount", "size")))
    assert set(found["variant"]) == {None}
    assert len(set(found["version"])) == 1
