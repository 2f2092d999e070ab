"""The inputs of a model as features: columns that are given to it unchanged."""

from __future__ import annotations

from conf.events import FieldType
from conf.settings import FeatureSpec, FieldSettings
from models.errors import fail
from models.scoring.event_fields import EventFields
from models.scoring.raw_choice import surely_raw
from models.scoring.raw_fields import is_integer
from models.spec import ModelSpec, TensorSpec
from udfs.features.feature import Feature
from udfs.features.feature_set import FeatureSet
from udfs.features.transforms.missing import Missing
from udfs.features.transforms.numerical import Numerical


def own_inputs(spec: ModelSpec) -> FeatureSet:
    """Return the feature set whose columns are what a model was trained on, each of them given.

    Args:
        spec: spec of the model.

    Returns:
        Features with the hash of those that the model was trained on, as no other version may take their place.

    Raises:
        ModelError: nothing names the columns of an input.
    """
    raw = surely_raw(spec, spec.inputs)
    types = {tensor.name: _type_of(tensor) for tensor in spec.inputs if tensor.name in raw}
    columns = spec.feature_columns
    if columns is None:
        columns = tuple(_column(spec, tensor) for tensor in spec.inputs if tensor.name not in raw)
    fields = {name: FieldSettings(type="double", required=False) for name in columns}
    features: tuple[Feature, ...] = tuple(
        Numerical.from_spec(FeatureSpec(name=name, type=Numerical.type, source=name), fields) for name in columns
    )
    if not features:
        # A model of raw fields alone reads no feature, and a feature set counts its rows.
        first = next(iter(types))
        spec_of_first = FeatureSpec(name=f"{first}_is_absent", type=Missing.type, source=first)
        features = (Missing.from_spec(spec_of_first, {first: FieldSettings(type=types[first], required=False)}),)
    numbers = dict.fromkeys(columns, "double")
    return FeatureSet(f"inputs of {spec.ref}", spec.feature_set_hash or "", features, EventFields({**numbers, **types}))


def _type_of(tensor: TensorSpec) -> FieldType:
    return "long" if is_integer(tensor) else "string" if tensor.dtype == "string" else "double"


def _column(spec: ModelSpec, tensor: TensorSpec) -> str:
    if tensor.shape[1:] not in ((), (1,)):
        fix = "register it with --features FILE, or name settings whose features it takes: config="
        fail(spec.ref, f"has input {tensor}, whose columns nobody named", fix)
    return tensor.name
