"""Rows of an explanation for the models of a registry."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.errors import ModelError
from models.inspect import spec_from_file
from models.lifecycle import promote
from models.registry import local_registry
from tests.state.drift.record_golden import baseline_document
from tests.support.tiny_models import WEIGHTS, linear, write_classes, write_linear, write_opposite
from udfs.explanations.explained_models import EXPLANATION_COLUMNS, ExplainedModels
from udfs.features.errors import FeatureError
from udfs.sql.options import SqlOptions

NAMES = ("a", "b", "c")
RNG = np.random.default_rng(1)
TRAINED = RNG.normal([0, 1, 2], 0.5, (3000, 3)).astype(np.float32)
BASELINE = baseline_document(TRAINED, NAMES, linear(TRAINED), cells=40)
ROW = (0.5, 1.5, 1.0)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A linear model in two versions, one that refuses large amounts, and one without a baseline."""
    folder = tmp_path_factory.mktemp("explained")
    place = local_registry(folder / "registry")
    classes = {"task": "binary", "classes": ("no", "yes")}
    for name, version, write, baseline, more in (
        ("sum", "1.0.0", write_linear, BASELINE, {}),
        ("sum", "2.0.0", write_opposite, BASELINE, {}),
        ("picky", "1.0.0", write_classes, BASELINE, classes),
        ("bare", "1.0.0", write_linear, None, {}),
        ("other", "1.0.0", write_linear, baseline_document(TRAINED, ("x", "b", "c"), linear(TRAINED)), {}),
    ):
        file = write(folder / name / version)
        spec = spec_from_file(file, name, version, feature_columns=NAMES, baseline=baseline, **more)
        place.publish(spec, file)
    promote(place, "sum", "1.0.0")
    return folder / "registry"


@pytest.fixture
def models(registry: Path) -> Iterator[ExplainedModels]:
    found = ExplainedModels(SqlOptions(str(registry)))
    yield found
    found.close()


def explained(models: ExplainedModels, reference: Any, row: tuple[float | None, ...] = ROW) -> pd.DataFrame:
    rows = models.explain(reference, [np.array([value], dtype=float) for value in row])
    return pd.DataFrame(rows, columns=[name for name, _ in EXPLANATION_COLUMNS])


def test_features_of_a_linear_model_have_weight_by_distance(models: ExplainedModels) -> None:
    found = explained(models, "sum")
    assert set(found["scale"]) == {"log-odds"}
    assert list(found["place"]) == [1, 2, 3]
    assert found["contribution"].abs().is_monotonic_decreasing
    told = found.set_index("feature").loc[list(NAMES)]
    want = WEIGHTS.ravel() * (np.array(ROW) - TRAINED.mean(axis=0))
    np.testing.assert_allclose(told["contribution"], want, atol=0.03)
    np.testing.assert_allclose(told["value"], ROW)
    prediction = linear(np.array([ROW]))[0]
    np.testing.assert_allclose(found["prediction"], prediction, rtol=1e-6)
    odds = found["contribution"].sum() + found["base"][0]
    assert 1 / (1 + np.exp(-odds)) == pytest.approx(prediction, abs=1e-4)


def test_a_version_may_be_named(models: ExplainedModels) -> None:
    one, other = explained(models, "sum$1.0.0"), explained(models, "sum$2.0.0")
    assert (set(one["version"]), set(other["version"])) == ({"1.0.0"}, {"2.0.0"})
    np.testing.assert_allclose(one["contribution"], -other["contribution"], atol=1e-3)


def test_a_row_without_a_prediction_says_why(models: ExplainedModels) -> None:
    found = explained(models, "picky", (99.0, 1.0, 1.0))
    assert len(found) == 1
    assert found["feature"][0] is None
    assert found["status"][0] == "dead_letter"
    assert found["reason"][0]


@pytest.mark.parametrize(
    ("reference", "error", "text"),
    [
        ("bare", ModelError, r"^gress_explain\('bare'\): model bare@1.0.0 has no baseline"),
        ("other", ModelError, "has a baseline of x, b, c, prediction, expected a, b, c and one score"),
        ("sun", ModelError, "nearest valid name 'sum'"),
        ("sum$all", FeatureError, "expected one version, got all of them"),
        (None, FeatureError, "expected the name of a model in quotes, got NULL"),
    ],
)
def test_what_cannot_be_explained_is_one_line(
    models: ExplainedModels, reference: Any, error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        explained(models, reference)


def test_a_column_too_few_is_refused(models: ExplainedModels) -> None:
    with pytest.raises(FeatureError, match="expected 3 columns"):
        explained(models, "sum", ROW[:2])
