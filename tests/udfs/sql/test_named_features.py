"""Feature sets that the calls of a query name, without Flink."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from conf.loading.loader import load_settings
from state.feature_store.group import Group
from udfs.feature_store.open_store import open_store
from udfs.features.errors import FeatureError
from udfs.sql.named_features import NamedFeatures
from udfs.sql.options import SqlOptions

AMOUNTS = pd.Series([1.0, 4.0, 2.5])


@pytest.fixture
def features(tmp_path: Path) -> tuple[NamedFeatures, str]:
    """The features of a job in a file: the logarithm of an amount and the amount."""
    path = tmp_path / "mine.yaml"
    path.write_text(
        """
job:
  name: mine
  events:
    id: id
    key: id
    time: at
    fields: {id: {type: string}, at: {type: timestamp}, amount: {type: double}}
  features:
    name: mine
    specs:
      - {name: log_amount, type: log, source: amount}
      - {name: amount, type: numerical, source: amount}
  inference: {model_name: none}
"""
    )
    return NamedFeatures(SqlOptions()), str(path)


def test_features_are_those_of_the_job(features: tuple[NamedFeatures, str]) -> None:
    found = features[0].compute(features[1], [AMOUNTS])
    np.testing.assert_allclose(found, np.column_stack([np.log1p(AMOUNTS), AMOUNTS]), rtol=1e-6)


def test_features_of_a_store_are_looked_up(tmp_path: Path) -> None:
    path = tmp_path / "stored.yaml"
    path.write_text(
        """
ml: {feature_store: {enabled: true, ttl: 71m}}
job:
  name: stored
  events: {id: id, key: id, time: at, fields: {id: {type: long}, at: {type: timestamp}}}
  features:
    name: stored
    specs:
      - {name: risk, type: lookup, source: id, parameters: {entity: sql, feature_set: known, default: 9}}
  inference: {model_name: none}
"""
    )
    large = 2**53 + 1
    with open_store(load_settings(path).ml.feature_store) as store:
        store.put_many(Group("sql", "known"), ["7", str(large)], {"risk": [0.5, 0.25]}, np.array([0, 0]))
    named = NamedFeatures(SqlOptions())
    times = pd.Series(pd.to_datetime([0, 1, 2], unit="ms"))
    found = named.compute(str(path), [pd.Series([7, None, large], dtype="Int64"), times])
    np.testing.assert_array_equal(found, [[0.5], [9.0], [0.25]])
    named.close()


@pytest.mark.parametrize(
    ("config", "columns", "text"),
    [
        ("fraud-detecton", 1, "nearest valid name 'fraud-detection'"),
        ("mine", 2, r"expected 1 column \(amount\), got 2"),
    ],
    ids=["settings", "columns"],
)
def test_wrong_feature_calls_say_what_to_do(
    features: tuple[NamedFeatures, str], config: str, columns: int, text: str
) -> None:
    with pytest.raises(FeatureError, match=text):
        features[0].compute(features[1] if config == "mine" else config, [AMOUNTS] * columns)
