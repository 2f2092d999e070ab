"""Models that the calls of a query name, without Flink."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from models.errors import ModelError
from models.inspect import spec_from_file
from models.lifecycle import promote
from models.registry import local_registry
from tests.support.cluster import wait_until
from tests.support.tiny_models import linear, write_linear, write_opposite
from udfs.features.errors import FeatureError
from udfs.sql.named_models import NamedModels, prediction_columns
from udfs.sql.options import MODELS, SqlOptions

COLUMNS = ("amount", "size", "hour")
ROWS = pd.DataFrame({"amount": [1.0, 4.0, 2.5], "size": [2.0, 0.5, 1.0], "hour": [3.0, 23.0, 12.0]})
WANT = linear(ROWS.to_numpy())


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    """Two versions of a model with opposite signs, of which the first is deployed."""
    place = local_registry(tmp_path / "registry")
    for version, write in (("1.0.0", write_linear), ("2.0.0", write_opposite)):
        file = write(tmp_path / version)
        place.publish(spec_from_file(file, "payments", version, feature_columns=COLUMNS), file)
    promote(place, "payments", "1.0.0")
    return tmp_path / "registry"


@pytest.fixture
def models(registry: Path) -> Iterator[NamedModels]:
    found = NamedModels(SqlOptions(str(registry)))
    yield found
    found.close()


def series() -> list[pd.Series]:
    return [ROWS[name] for name in COLUMNS]


def test_name_from_a_column_is_refused(models: NamedModels) -> None:
    names = pd.Series(["payments"] * len(ROWS))
    for score in (models.score, models.score_each):
        with pytest.raises(FeatureError, match=r"^f: expected the name of a model in quotes, got a column"):
            score("f", names, series())


def test_columns_go_by_their_places(models: NamedModels) -> None:
    found = prediction_columns(models.score("gress_predict", "payments", series()))
    np.testing.assert_allclose(found["prediction"], WANT, rtol=1e-6)
    assert set(found["version"]) == {"1.0.0"}
    assert set(found["model"]) == {"payments"}
    assert set(found["status"]) == {"ok"}
    assert all(value is None for name in ("variant", "reason", "label") for value in found[name])


def test_fields_of_a_row_go_by_their_names(models: NamedModels) -> None:
    frame = ROWS[["hour", "amount", "size"]]
    np.testing.assert_allclose(models.score("gress_predict", "payments", [frame]).prediction, WANT, rtol=1e-6)


def test_fields_that_flink_has_named_go_by_their_places(models: NamedModels) -> None:
    frame = ROWS.set_axis(["EXPR$0", "EXPR$1", "EXPR$2"], axis=1)
    np.testing.assert_allclose(models.score("gress_predict", "payments", [frame]).prediction, WANT, rtol=1e-6)
    with pytest.raises(FeatureError, match=r"expected 3 columns \(amount, size, hour\), got 2"):
        models.score("gress_predict", "payments", [frame.iloc[:, :2]])


def test_a_version_is_pinned_behind_the_name(models: NamedModels) -> None:
    pinned = models.score("gress_predict", "payments$2.0.0", series())
    assert set(pinned.version) == {"2.0.0"}
    assert not np.allclose(pinned.prediction, WANT)


def test_literals_are_the_same_in_all_rows(models: NamedModels) -> None:
    given = [ROWS["amount"], 2.0, Decimal("3.0")]
    want = linear(np.column_stack([ROWS["amount"], np.full(3, 2.0), np.full(3, 3.0)]))
    np.testing.assert_allclose(models.score("gress_predict", "payments", given).prediction, want, rtol=1e-6)


def test_decimals_and_nulls_are_numbers_and_their_absence(models: NamedModels) -> None:
    amounts = pd.Series([None, Decimal("4.0"), Decimal("2.5")], dtype=object)
    found = models.score("gress_predict", "payments", [amounts, ROWS["size"], ROWS["hour"]]).prediction
    np.testing.assert_allclose(found[1:], WANT[1:], rtol=1e-6)


def test_a_row_that_is_null_is_a_row_without_values(models: NamedModels) -> None:
    (row,) = models.score_each("gress_score", "payments", [np.array([None], dtype=object)])
    assert row[1].problems[0].reason == models.score("f", "payments", [np.array([np.nan])] * 3).problems[0].reason


def test_no_rows_have_no_predictions(models: NamedModels) -> None:
    empty = [pd.Series([], dtype=float)] * 3
    assert {len(values) for values in prediction_columns(models.score("f", "payments", empty)).values()} == {0}


@pytest.mark.parametrize(
    ("reference", "arguments", "text"),
    [
        ("payment", 3, r"nearest valid name 'payments'"),
        ("payments$9.0.0", 3, r"9\.0\.0"),
        ("payments", 2, r"expected 3 columns \(amount, size, hour\), got 2; the first that is missing is 'hour'"),
        ("payments", 4, r"expected 3 columns .* got 4; leave out the last"),
    ],
    ids=["model", "version", "few", "many"],
)
def test_wrong_calls_say_what_to_do(models: NamedModels, reference: str, arguments: int, text: str) -> None:
    given = [*series(), ROWS["hour"]][:arguments]
    with pytest.raises((FeatureError, ModelError), match=text):
        models.score("gress_predict", reference, given)


def test_a_row_without_a_field_says_the_nearest(models: NamedModels) -> None:
    frame = ROWS.rename(columns={"amount": "amounts"})
    with pytest.raises(FeatureError, match=r"expected field 'amount' in the row, .*nearest valid name 'amounts'"):
        models.score("gress_predict", "payments", [frame])


def test_text_in_a_column_of_numbers_is_refused(models: NamedModels) -> None:
    given = [pd.Series(["a", "b", "c"]), ROWS["size"], ROWS["hour"]]
    with pytest.raises(FeatureError, match="expected a number in column 'amount', got 'a' in row 0"):
        models.score("gress_predict", "payments", given)


def test_literals_alone_are_refused(models: NamedModels) -> None:
    with pytest.raises(FeatureError, match="expected a column among the arguments, got literals alone"):
        models.score("gress_predict", "payments", [1.0, 2.0, 3.0])


def test_a_model_of_the_query_has_its_own_order_and_version(registry: Path) -> None:
    entry = {"model": "payments", "version": "2.0.0", "inputs": ["hour", "size", "amount"]}
    parameters = {"gress.registry": str(registry), MODELS: json.dumps({"fraud": entry})}
    models = NamedModels(SqlOptions.of_parameters(parameters.get))  # type: ignore[arg-type]
    found = models.score("gress_predict", "fraud", series()[::-1])
    pinned = models.score("gress_predict", "payments$2.0.0", series())
    np.testing.assert_array_equal(found.prediction, pinned.prediction)
    models.close()


def test_a_newly_promoted_version_answers_the_next_rows(registry: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRESS_ML__MODEL_REGISTRY__WATCH_INTERVAL", "10ms")
    models = NamedModels(SqlOptions(str(registry)))
    assert set(models.score("f", "payments", series()).version) == {"1.0.0"}
    promote(local_registry(registry), "payments", "2.0.0")
    wait_until(lambda: set(models.score("f", "payments", series()).version) == {"2.0.0"})
    models.close()


@pytest.mark.parametrize("text", ["[]", "{", '{"fraud": {}}', '{"fraud": 1}'])
def test_models_that_are_no_models_are_refused(text: str) -> None:
    with pytest.raises(FeatureError, match=r"job parameter gress\.models: expected JSON such as"):
        SqlOptions.of_parameters({MODELS: text}.get)  # type: ignore[arg-type]
