"""The description of a feature type is what the type does."""

from __future__ import annotations

from typing import Any

import pytest
from ruamel.yaml import YAML

from conf.settings import EventSettings, FeatureSetSettings
from udfs.features import FEATURES
from udfs.features.errors import FeatureError
from udfs.features.feature_set import FeatureSet, compile_feature_set
from udfs.features.parameters import Parameter
from udfs.features.reference import EXAMPLE_FIELDS, feature_references

EVENTS = EventSettings.model_validate({"id": "id", "key": "id", "time": "at", "fields": EXAMPLE_FIELDS})
# Defaults that are no values; all others must be the value that a spec has without the parameter.
WORDS = {"required", "either", "either or both", "none", "all", "all, none beside n-grams", "the source", "the name"}
# Parameters that mean something only beside others than those of the example.
BESIDE = {
    ("lookup", "feature_set"): {"entity": "customer"},
    ("lookup", "max_age"): {"entity": "customer", "feature_set": "profiles"},
    ("categorical", "seed"): {"hash_buckets": 8},
    **{("text", name): {"ngram_buckets": 8} for name in ("ngram_min", "ngram_max", "ngram_unit", "signed", "seed")},
}
PAIRS = [pytest.param(kind, each, id=f"{kind}-{each.name}") for kind, one in FEATURES.items() for each in one.accepts]


def _compiled(kind: str, parameters: dict[str, Any]) -> FeatureSet:
    spec = {"name": "x", "type": kind, **FEATURES[kind].example, "parameters": parameters}
    return compile_feature_set(FeatureSetSettings.model_validate({"name": "set", "specs": [spec]}), EVENTS)


def _given(kind: str, parameter: Parameter) -> dict[str, Any]:
    given = BESIDE.get((kind, parameter.name)) or FEATURES[kind].example.get("parameters") or {}
    return {name: value for name, value in dict(given).items() if name != parameter.name}  # type: ignore[call-overload]


@pytest.mark.parametrize(("kind", "parameter"), [pair for pair in PAIRS if pair.values[1].default == "required"])
def test_required_parameter_is_required(kind: str, parameter: Parameter) -> None:
    with pytest.raises(FeatureError, match=parameter.name):
        _compiled(kind, _given(kind, parameter))


@pytest.mark.parametrize(("kind", "parameter"), [pair for pair in PAIRS if pair.values[1].default not in WORDS])
def test_default_is_the_value_that_is_used(kind: str, parameter: Parameter) -> None:
    given = _given(kind, parameter)
    written = {**given, parameter.name: YAML(typ="safe").load(parameter.default)}
    assert _compiled(kind, given).hash == _compiled(kind, written).hash


@pytest.mark.parametrize(("kind", "parameter"), [pair for pair in PAIRS if pair.values[1].default == "none"])
def test_parameter_without_a_default_may_be_left_out(kind: str, parameter: Parameter) -> None:
    assert _compiled(kind, _given(kind, parameter)).columns


def test_every_type_is_described_with_an_example_that_compiles() -> None:
    references = feature_references()
    assert [each.type for each in references] == list(FEATURES)
    for each in references:
        assert each.text
        assert each.null_rule
        assert each.columns
        assert all(column.formula for column in each.columns)
        assert all(parameter.text.endswith(".") for parameter in each.parameters)
        assert "Source:" not in each.text
