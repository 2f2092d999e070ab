"""Programs look features up in the store of their settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import gress
from models.inspect import spec_from_file
from models.registry import local_registry
from tests.support.job_settings import FIELDS
from tests.support.lookup_specs import INPUTS, LOOKUPS, fill, rows
from tests.support.tiny_models import linear, write_linear
from udfs.feature_store.open_store import open_store
from udfs.features.errors import FeatureError


def config(tmp_path: Path, **store: Any) -> Path:
    job = {
        "name": "shop",
        "events": {"id": "id", "key": "card", "time": "at", "fields": FIELDS},
        "features": {"name": "shop", "specs": list(LOOKUPS)},
        "inference": {"model_name": "payments"},
    }
    path = tmp_path / "shop.yaml"
    path.write_text(json.dumps({"ml": {"feature_store": store}, "job": job}), "utf-8")
    return path


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    path = write_linear(tmp_path)
    local_registry(tmp_path / "registry").publish(spec_from_file(path, name="payments", version="1.0.0"), path)
    return tmp_path / "registry"


def test_a_table_is_joined_with_the_store(registry: Path, tmp_path: Path) -> None:
    path = config(tmp_path, enabled=True, ttl="73m")
    with open_store(gress.load_settings(path).ml.feature_store) as store:
        fill(store)
    with gress.Scorer.open(registry, "payments", "1.0.0", config=path) as scorer:
        assert set(scorer.inputs) == {"amount", "card", "id", "at"}
        for table in (rows(), pd.DataFrame(rows())):
            scored = scorer.score({**table, "card": np.array(["c1", "c9", "c0", "c2"], dtype=object)})
            np.testing.assert_allclose(scored.prediction, linear(INPUTS), rtol=1e-6)


def test_a_store_that_is_off_is_refused(registry: Path, tmp_path: Path) -> None:
    with pytest.raises(
        FeatureError, match=r"ml.feature_store.enabled: expected true, as 'size', 'weight' are "
    ):
        gress.Scorer.open(registry, "payments", "1.0.0", config=config(tmp_path))
