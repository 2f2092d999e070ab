from __future__ import annotations

import pickle

import numpy as np
import pytest

from tests.support.job_settings import SPECS, MakeSettings
from tests.support.lookup_specs import LOOKUPS
from udfs.features.errors import FeatureError
from udfs.functions.compute_features import ComputeFeatures

WINDOW = {
    "name": "count",
    "type": "aggregation",
    "parameters": {"function": "count", "key": "card", "window": "1h"},
}


def make(make_settings: MakeSettings) -> ComputeFeatures:
    job = make_settings(specs=(*SPECS, WINDOW)).job
    assert job is not None
    return pickle.loads(pickle.dumps(ComputeFeatures(job)))  # type: ignore[no-any-return]


def test_inputs_are_fields_and_aggregates_with_their_types(make_settings: MakeSettings) -> None:
    assert dict(make(make_settings).inputs) == {"amount": "DOUBLE", "size": "DOUBLE", "count": "DOUBLE"}


def test_what_the_store_knows_now_is_not_exported(make_settings: MakeSettings) -> None:
    job = make_settings(specs=LOOKUPS).job
    assert job is not None
    with pytest.raises(FeatureError, match=r"expected the history of .*, got none for 'size', 'weight'; add --history"):
        ComputeFeatures(job).open()


def test_features_are_computed_in_double_precision(make_settings: MakeSettings) -> None:
    function = make(make_settings)
    function.open()
    columns = {"amount": np.array([0.1, 3.0]), "size": np.array([3.0, np.nan]), "count": np.array([1.0, 2.0])}
    found = function.run(columns)
    function.close()
    assert list(found) == [name for name, _ in function.outputs] == ["amount", "size", "per_size", "count"]
    assert list(found["per_size"]) == [0.1 / 3.0, 0.0]
    assert all(np.asarray(values).dtype == np.float64 for values in found.values())
