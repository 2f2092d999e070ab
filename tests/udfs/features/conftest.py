"""Builds single features for the tests beside it."""

from __future__ import annotations

import numpy as np
import pytest

from conf.settings import FeatureSpec, FieldSettings
from udfs.features import FEATURES

FIELDS = {
    "at": FieldSettings(type="timestamp"),
    "amount": FieldSettings(type="double", required=False),
    "other": FieldSettings(type="double", required=False),
    "price": FieldSettings(type="decimal", scale=2),
    "visits": FieldSettings(type="long", source="customer.visits"),
    "flag": FieldSettings(type="boolean"),
    "country": FieldSettings(type="string", required=False),
    "note": FieldSettings(type="string", required=False),
}


@pytest.fixture
def build():
    """Build one feature named `x` from its type, source and parameters."""

    def build_one(kind, source=None, event_fields=FIELDS, output=None, **parameters):
        spec = FeatureSpec(name="x", type=kind, source=source, output=output, parameters=parameters)
        return FEATURES[kind].from_spec(spec, event_fields)

    return build_one


@pytest.fixture
def compute(build):
    """Build one feature and compute it in float64 over the columns given."""

    def compute_one(kind, columns, source=None, **parameters):
        return computed(build(kind, source, **parameters), columns)

    return compute_one


@pytest.fixture
def count(build):
    """Build one feature and count the values of columns that it is not defined for."""

    def count_one(kind, columns, source=None, **parameters):
        feature = build(kind, source, **parameters)
        return feature.count_out_of_domain(columns, computed(feature, columns))

    return count_one


def computed(feature, columns):
    rows = len(next(iter(columns.values())))
    out = np.empty((rows, len(feature.columns)))
    with np.errstate(all="ignore"):
        feature.transform(columns, out)
    return out
