"""The contract of feature transforms, checked for each row of the table FEATURES."""

from __future__ import annotations

import pickle
from collections.abc import Collection
from datetime import datetime, timezone

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conf.settings import EventSettings, FeatureSetSettings, FeatureSpec
from udfs.features import FEATURES
from udfs.features.errors import FeatureError
from udfs.features.feature_set import compile_feature_set
from udfs.features.reference import EXAMPLE_FIELDS

FIELD_TYPES = {**EXAMPLE_FIELDS, "flag": {"type": "boolean", "required": False}}
EVENTS = EventSettings.model_validate({"id": "id", "key": "id", "time": "at", "fields": FIELD_TYPES})
PREVIOUS = "x_PREVIOUS_TIME"

EXAMPLES: dict[str, list[dict[str, object]]] = {
    "numerical": [
        {"source": "amount"},
        {"source": "visits", "parameters": {"default": -1}},
        {"source": "flag"},
    ],
    "categorical": [
        {"source": "country", "parameters": {"vocabulary": ["FR", "DE"]}},
        {"source": "visits", "parameters": {"vocabulary": [2, 0, 1]}},
        {"source": "visits", "parameters": {"hash_buckets": 8}},
        {"source": "country", "parameters": {"hash_buckets": 8, "seed": 3}},
    ],
    "onehot": [
        {"source": "country", "parameters": {"categories": ["FR", "DE"]}},
        {"source": "visits", "parameters": {"categories": [1, 2], "other": True}},
        {"source": "flag", "parameters": {"categories": [True, False]}},
    ],
    "normalize": [{"source": "amount", "parameters": {"min": 0, "max": 100, "clip": True}}],
    "standardize": [{"source": "visits", "parameters": {"mean": 3, "stddev": 2}}],
    "log": [
        {"source": "amount"},
        {"source": "visits", "parameters": {"offset": 0, "base": 10}},
        {"source": "flag", "parameters": {"base": 2}},
    ],
    "bucket": [
        {"source": "amount", "parameters": {"boundaries": [0, 10, 50]}},
        {"source": "visits", "parameters": {"boundaries": [1, 2], "onehot": True}},
    ],
    "temporal": [
        {},
        {"source": "seen", "parameters": {"cyclic": True, "timezone": "Europe/Paris"}},
        {"parameters": {"fields": ["is_night"], "night_start": 0, "night_end": 7}},
    ],
    "text": [
        {"source": "note"},
        {"source": "note", "parameters": {"fields": ["length"], "ngram_buckets": 4, "signed": True}},
        {"source": "note", "parameters": {"ngram_buckets": 4, "ngram_unit": "char", "ngram_max": 3}},
    ],
    "aggregation": [
        {"source": "amount", "parameters": {"function": "avg", "key": "country", "window": "1d"}},
        {"parameters": {"function": "count", "key": "id", "window": "1h", "delay": "7d"}},
    ],
    "hash": [
        {"source": "country", "parameters": {"buckets": 4}},
        {
            "parameters": {
                "buckets": 4,
                "signed": True,
                "sources": ["country", "visits", "amount", "flag", "seen"],
            }
        },
    ],
    "cyclic": [{"source": "visits", "parameters": {"period": 7}}],
    "ratio": [
        {"parameters": {"numerator": "amount", "denominator": "visits"}},
        {"parameters": {"numerator": "flag", "denominator": "flag", "default": 0}},
    ],
    "difference": [
        {"parameters": {"minuend": "at", "subtrahend": "seen"}},
        {"parameters": {"minuend": "flag", "subtrahend": "visits", "absolute": True}},
    ],
    "interaction": [{"parameters": {"sources": ["amount", "visits", "flag"]}}],
    "clip": [
        {"source": "amount", "parameters": {"min": 0}},
        {"source": "visits", "parameters": {"min": 1, "max": 3}},
    ],
    "quantile": [{"source": "amount", "parameters": {"quantiles": [0, 1, 1, 1, 50]}}],
    "missing": [{"source": "country"}, {"source": "amount"}, {"source": "visits"}],
    "haversine": [{"parameters": {"lat1": "amount", "lon1": "price", "lat2": 48.85, "lon2": 2.35}}],
    "target_rate": [
        {"source": "country", "parameters": {"table": {"FR": [1, 10], "DE": [0, 5]}, "prior": 0.1}}
    ],
    "embedding": [
        {"source": "country", "parameters": {"table": {"FR": [1, 2], "DE": [3, 4]}}},
        {"source": "visits", "parameters": {"table": {1: [1, 2, 3]}, "default": -1}},
    ],
    "lookup": [
        {"source": "country", "parameters": {"table": {"FR": 0.2, "DE": 0.1}}},
        {"source": "visits", "parameters": {"table": {1: 5, 2: 7}, "default": -1}},
        {"source": "visits", "parameters": {"table": {1: 5}}},
    ],
    "time_since_last": [{"parameters": {"key": "country"}}],
    "robust_z": [
        {"source": "amount", "parameters": {"key": "country"}},
        {"source": "flag", "parameters": {"key": "visits", "history": 8, "least": 4, "limit": 9.5, "empty": 0}},
    ],
    "seasonal": [
        {"source": "amount", "parameters": {"key": "country", "step": "1h", "period": 24, "ahead": 3}},
        {
            "source": "visits",
            "parameters": {"key": "id", "step": "1d", "period": 7, "level": 0.3, "trend": 0, "season": 0, "empty": -2},
        },
    ],
    "recent": [
        {"source": "visits", "parameters": {"key": "country", "count": 3}},
        {"source": "amount", "parameters": {"key": "id", "count": 2, "gap": "1500ms", "empty": -1}},
    ],
    "half_space_trees": [
        {"parameters": {"key": "country", "sources": ["amount", "visits"], "trees": 3, "height": 4}},
        {"parameters": {"key": "flag", "sources": ["price"], "window": 20, "seed": 4, "empty": 0}},
    ],
}

CASES = [
    pytest.param(kind, example, id=f"{kind}-{number}")
    for kind in FEATURES
    for number, example in enumerate(EXAMPLES.get(kind, []))
]

_instants = st.datetimes(datetime(1960, 1, 1), datetime(2100, 1, 1)).map(  # noqa: DTZ001
    lambda when: int(when.replace(tzinfo=timezone.utc).timestamp() * 1000)
)
_numbers = st.none() | st.floats(-1e9, 1e9) | st.sampled_from([0.0, -0.0, 1.0, 50.0, -1.0])
_values = {
    "id": st.integers(-(2**53), 2**53),
    "at": _instants,
    "seen": st.none() | _instants,
    "amount": _numbers,
    "price": _numbers,
    "visits": st.none() | st.integers(-5, 5) | st.integers(-(2**53), 2**53),
    "flag": st.none() | st.booleans(),
    "country": st.none() | st.sampled_from(["FR", "DE", "fr", ""]) | st.text(max_size=4),
    "note": st.none() | st.text(max_size=12) | st.sampled_from(["Ab 1\u00a0c", " two  words ", "\u0662"]),
    "x": _numbers,
    PREVIOUS: st.none() | _instants,
    **dict.fromkeys(("x_forecast", "x_scale", "x_error"), _numbers),
    **dict.fromkeys(("x_1", "x_2", "x_3"), _numbers),
}


def rows_for(inputs: Collection[str]) -> st.SearchStrategy[list[dict[str, object]]]:
    """Rows whose inputs of a feature are drawn; the others are null."""
    drawn = st.fixed_dictionaries({name: _values[name] for name in inputs})
    return st.lists(drawn.map(lambda row: all_null() | row), max_size=12)


def columns_of(rows: list[dict[str, object]]) -> dict[str, np.ndarray]:
    """Lay rows out as the contract of columns says; nulls change a column's dtype."""
    columns = {}
    for name in _values:
        values = [row[name] for row in rows]
        kind = FIELD_TYPES.get(name, {"type": "double"})["type"]
        if kind == "string":
            columns[name] = np.array([*values, None], dtype=object)[:-1]
        elif kind in {"long", "timestamp"} and None not in values:
            columns[name] = np.array(values, dtype=np.int64)
        elif kind == "boolean" and None not in values:
            columns[name] = np.array(values, dtype=bool)
        else:
            columns[name] = np.array(
                [np.nan if value is None else value for value in values], dtype=np.float64
            )
    return columns


def compiled(kind: str, example: dict[str, object], **changes: object):
    spec = FeatureSpec.model_validate({"name": "x", "type": kind, **example, **changes})
    return compile_feature_set(FeatureSetSettings(name="set", specs=(spec,)), EVENTS)


def all_null() -> dict[str, object]:
    return dict.fromkeys(_values) | {"id": 1, "at": 0}


def test_every_type_has_an_example() -> None:
    assert set(EXAMPLES) == set(FEATURES)


def test_table_is_keyed_by_each_class_s_own_type() -> None:
    assert {kind: feature.type for kind, feature in FEATURES.items()} == {kind: kind for kind in FEATURES}


@pytest.mark.parametrize(("kind", "example"), CASES)
@settings(max_examples=25, deadline=None)
@given(data=st.data(), cut=st.integers(0, 12))
def test_batch_split_does_not_change_result(kind, example, data, cut) -> None:
    features = compiled(kind, example)
    rows = data.draw(rows_for(features.inputs))
    whole = features.transform(columns_of(rows), np.float64)
    parts = [features.transform(columns_of(part), np.float64) for part in (rows[:cut], rows[cut:])]
    np.testing.assert_array_equal(whole, np.concatenate(parts))
    assert whole.shape == (len(rows), len(features.columns))


@pytest.mark.parametrize(("kind", "example"), CASES)
def test_large_batch_equals_its_rows_one_by_one(kind, example) -> None:
    random = np.random.default_rng(5)
    count = 1500
    columns = columns_of([all_null()] * count)
    columns |= {name: random.normal(50, 40, count) for name in ("amount", "price", "visits", "x")}
    columns["visits"] = np.round(columns["visits"])
    columns["at"] = random.integers(0, 4 * 10**12, count)
    columns["seen"] = columns[PREVIOUS] = random.integers(0, 4 * 10**12, count)
    columns["country"] = random.choice(np.array(["FR", "DE", "IT", None], dtype=object), count)
    columns["note"] = random.choice(np.array(["One 2", "three  FOUR", "", None], dtype=object), count)
    features = compiled(kind, example)
    whole = features.transform(columns)
    for start in range(0, count, 7):
        one = {name: column[start : start + 1] for name, column in columns.items()}
        np.testing.assert_array_equal(features.transform(one), whole[start : start + 1])


@pytest.mark.parametrize(("kind", "example"), CASES)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_inputs_are_not_changed_and_may_be_read_only(kind, example, data) -> None:
    features = compiled(kind, example)
    columns = columns_of(data.draw(rows_for(features.inputs)))
    copies = {name: column.copy() for name, column in columns.items()}
    for column in columns.values():
        column.flags.writeable = False
    features.transform(columns)
    for name, column in columns.items():
        np.testing.assert_array_equal(column, copies[name])


@pytest.mark.parametrize(("kind", "example"), CASES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
@pytest.mark.parametrize("count", [0, 1, 3])
def test_dtype_layout_and_width_are_fixed_also_for_nulls_and_empty_batches(
    kind, example, dtype, count
) -> None:
    features = compiled(kind, example)
    matrix = features.transform(columns_of([all_null()] * count), dtype)
    assert matrix.dtype == dtype
    assert matrix.shape == (count, len(features.columns))
    assert matrix.flags.c_contiguous
    assert len(set(features.columns)) == len(features.columns)


@pytest.mark.parametrize(("kind", "example"), CASES)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_float32_is_the_float64_result_rounded_once(kind, example, data) -> None:
    features = compiled(kind, example)
    columns = columns_of(data.draw(rows_for(features.inputs)))
    with np.errstate(all="ignore"):
        expected = features.transform(columns, np.float64).astype(np.float32)
    np.testing.assert_array_equal(features.transform(columns, np.float32), expected)


@pytest.mark.parametrize(("kind", "example"), CASES)
def test_a_slice_of_a_wider_matrix_is_filled_and_nothing_beside_it(kind, example) -> None:
    feature = compiled(kind, example).features[0]
    width = len(feature.columns)
    matrix = np.full((2, width + 2), 7.0)
    feature.transform(columns_of([all_null()] * 2), matrix[:, 1:-1])
    assert (matrix[:, [0, -1]] == 7.0).all()
    assert not (matrix[:, 1:-1] == 7.0).any()


def counted(features, columns):
    return features.count_out_of_domain(columns, features.transform(columns, np.float64))


@pytest.mark.parametrize(("kind", "example"), CASES)
@settings(max_examples=25, deadline=None)
@given(data=st.data(), cut=st.integers(0, 12))
def test_values_out_of_domain_are_nan_and_counted_whatever_the_batch(kind, example, data, cut) -> None:
    features = compiled(kind, example)
    rows = data.draw(rows_for(features.inputs))
    columns = columns_of(rows)
    found = counted(features, columns)
    parts = [counted(features, columns_of(part)) for part in (rows[:cut], rows[cut:])]
    assert found == {
        name: sum(part.get(name, 0) for part in parts) for name in found.keys() | parts[0].keys() | parts[1].keys()
    }
    assert set(found) <= set(features.columns_with_domain)
    matrix = features.transform(columns, np.float64)
    for name, values in found.items():
        is_null = np.any([pd.isna(columns[column]) for column in features.inputs], axis=0)
        assert values == np.isnan(matrix[~is_null, features.columns.index(name)]).sum() > 0


def test_transforms_with_a_domain_are_those_whose_null_rule_says_so() -> None:
    with_domain = {kind for kind in FEATURES if compiled(kind, EXAMPLES[kind][0]).columns_with_domain}
    counted = {kind for kind, feature in FEATURES.items() if "counted" in feature.null_rule}
    assert with_domain == counted == {"log", "lookup"}


@pytest.mark.parametrize(("kind", "example"), CASES)
def test_pickled_copy_computes_the_same(kind, example) -> None:
    features = compiled(kind, example)
    columns = columns_of([all_null() | {"amount": 3.0, "country": "FR", "note": "a b", "visits": 1}])
    expected = features.transform(columns)
    copy = pickle.loads(pickle.dumps(features))
    assert (copy.hash, copy.columns, copy.windows) == (features.hash, features.columns, features.windows)
    np.testing.assert_array_equal(copy.transform(columns), expected)


@pytest.mark.parametrize(("kind", "example"), CASES)
def test_every_column_is_explained(kind, example) -> None:
    features = compiled(kind, example)
    rows = features.explain()
    assert tuple(row.column for row in rows) == features.columns
    assert all(row.type == kind and row.inputs and row.null_rule and row.formula for row in rows)


@pytest.mark.parametrize(("kind", "example"), CASES)
def test_unknown_parameter_is_refused(kind, example) -> None:
    parameters = {**example.get("parameters", {}), "nonsense": 1}
    with pytest.raises(
        FeatureError, match=r"feature 'x' \(\w+\): expected a known parameter, got 'nonsense'"
    ):
        compiled(kind, example, parameters=parameters)


@pytest.mark.parametrize(("kind", "example"), CASES)
def test_wrongly_typed_parameters_are_refused_never_crash(kind, example) -> None:
    for name in example.get("parameters", {}):
        for wrong in ({"a": object()}, [[]], -1.5, "?", []):
            try:
                compiled(kind, example, parameters={**example["parameters"], name: wrong})
            except FeatureError as error:
                assert str(error).startswith(f"feature 'x' ({kind}): expected ")  # noqa: PT017
