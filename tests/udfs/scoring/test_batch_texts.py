"""Batches of predictions as a terminal and a notebook show them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gress.scoring.scorer import Scorer
from models.inspect import spec_from_file
from models.lifecycle import promote
from models.registry import local_registry
from tests.support.tiny_models import write_linear
from udfs.features.errors import FeatureError

COLUMNS = ("amount", "size", "hour")


@pytest.fixture
def scorer(tmp_path: Path) -> Scorer:
    place = local_registry(tmp_path / "registry")
    file = write_linear(tmp_path / "m")
    place.publish(spec_from_file(file, "m", "1.0.0", feature_columns=COLUMNS), file)
    promote(place, "m", "1.0.0")
    return Scorer.open(tmp_path / "registry", "m")


def test_a_batch_says_how_many_rows_have_which_status(scorer: Scorer) -> None:
    rows = {"amount": np.array([1.0, np.nan]), "size": np.ones(2), "hour": np.ones(2)}
    with scorer:
        found = scorer.score(rows)
        assert repr(found) == "PredictionBatch(2 rows: 1 ok, 1 dead_letter; m@1.0.0)"
        assert "<table" in found._repr_html_()
        assert repr(scorer.score({name: np.array([]) for name in COLUMNS})) == "PredictionBatch(0 rows)"
        assert repr(scorer.features).startswith("FeatureSet(")


def test_a_row_of_single_values_is_refused(scorer: Scorer) -> None:
    with scorer, pytest.raises(FeatureError, match=r"got a single value for 'amount'; a row is a dict in a list"):
        scorer.score({"amount": 1.0, "size": 1.0, "hour": 1.0})
