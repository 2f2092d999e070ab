"""Columns that a call of a model or of a feature set takes, known before a row comes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from conf.settings import Settings
from models.scoring.event_fields import EventFields
from models.scoring.signature import check_signature
from models.spec import ModelSpec
from udfs.features.errors import FeatureError
from udfs.features.feature_set import FeatureSet, compile_feature_set
from udfs.scoring.own_inputs import own_inputs

Kind = Literal["number", "text", "time", "any"]

_KINDS: MappingProxyType[str, Kind] = MappingProxyType(
    {
        "long": "number",
        "double": "number",
        "decimal": "number",
        "boolean": "number",
        "string": "text",
        "timestamp": "time",
    }
)


@dataclass(frozen=True)
class Column:
    """A column of a call, and what its values are."""

    name: str
    kind: Kind = "number"


def model_columns(specs: Sequence[ModelSpec], settings: Settings, more: Sequence[str] = ()) -> tuple[Column, ...]:
    """Return the columns that a call of a model takes, in the order of the arguments.

    Args:
        specs: the model's, and those of the variants that answer for it.
        settings: with a job whose features are computed, or without one: the model's own inputs are the columns.
        more: fields of events that are read beside.

    Raises:
        FeatureError: the job's features cannot be built.
        ModelError: nothing names the columns of an input, or the model was trained on other features than the job's.
    """
    job = settings.job
    features = own_inputs(specs[0]) if job is None else compile_feature_set(job.features, job.events)
    given = features.columns if job is None else job.inference.feature_fields or features.columns
    names = dict.fromkeys(features.inputs)
    for spec in specs:
        names |= dict.fromkeys(check_signature(spec, spec.inputs, given, features.hash, features.fields).raw)
    return _columns((*names, *(name for name in more if name not in names)), features.fields)


def feature_columns(config: str, settings: Settings) -> tuple[Column, ...]:
    """Return the columns that the features of a job are computed of.

    Raises:
        FeatureError: the settings have no job, or its features cannot be built.
    """
    features = features_of(config, settings)
    return _columns(features.inputs, features.fields)


def features_of(config: str, settings: Settings) -> FeatureSet:
    """Return the feature set of a job.

    Raises:
        FeatureError: the settings have no job, or its features cannot be built.
    """
    job = settings.job
    if job is None:
        raise FeatureError(config, "a `job:` with features", "none", "name the settings of a job")
    return compile_feature_set(job.features, job.events)


def _columns(names: Sequence[str], fields: EventFields) -> tuple[Column, ...]:
    # A name that is no field is a window, a number that the caller has computed.
    return tuple(Column(name, _KINDS[fields.types.get(name, "double")]) for name in names)
