"""Descriptions of all feature types: meaning, parameters, null rule and an example with formulas.

`gress features list` and the site's page on features print them.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from udfs.features import FEATURES
from udfs.features.errors import FeatureError, suggest_or_list
from udfs.features.explained_column import ExplainedColumn
from udfs.features.feature_set import compile_feature_set
from udfs.features.parameters import Parameter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conf.settings import EventSettings

EXAMPLE_FIELDS: dict[str, dict[str, object]] = {
    "id": {"type": "long"},
    "at": {"type": "timestamp"},
    "seen": {"type": "timestamp", "required": False},
    "amount": {"type": "double", "required": False},
    "price": {"type": "decimal", "scale": 2, "required": False},
    "visits": {"type": "long", "required": False},
    "country": {"type": "string", "required": False},
    "note": {"type": "string", "required": False},
}
"""Fields of the event that the examples read."""


@dataclass(frozen=True)
class FeatureReference:
    """One feature type.

    Attributes:
        type: name of the type in a spec.
        text: the value that it computes.
        null_rule: result for an absent value.
        parameters: all accepted parameters.
        example: a spec, as in YAML.
        columns: columns that the example makes.
    """

    type: str
    text: str
    null_rule: str
    parameters: tuple[Parameter, ...]
    example: Mapping[str, object]
    columns: tuple[ExplainedColumn, ...]


def feature_references() -> list[FeatureReference]:
    """Return every feature type, in the order of the table."""
    return [_reference(type_) for type_ in FEATURES]


def feature_reference(name: str) -> FeatureReference:
    """Return one feature type.

    Raises:
        FeatureError: there is no such type; the text names the nearest.
    """
    if name not in FEATURES:
        where = "feature type"
        raise FeatureError(where, "a known type", repr(name), suggest_or_list(name, FEATURES))
    return _reference(name)


def _reference(type_: str) -> FeatureReference:
    from conf.settings import FeatureSetSettings

    feature = FEATURES[type_]
    example = {"name": "x", "type": type_, **feature.example}
    settings = FeatureSetSettings.model_validate({"name": "example", "specs": [example]})
    columns = compile_feature_set(settings, _events()).explain()
    text = inspect.cleandoc(feature.__doc__ or "").partition("\n\nSource:")[0]
    return FeatureReference(type_, text, feature.null_rule, feature.accepts, example, columns)


@cache
def _events() -> EventSettings:
    from conf.settings import EventSettings

    return EventSettings.model_validate({"id": "id", "key": "id", "time": "at", "fields": EXAMPLE_FIELDS})
