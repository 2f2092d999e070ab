"""Feature sets that the calls of a query name, without Flink."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

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
