"""Resolution of the column that a spec names: a field by name or dotted path, or another feature's aggregate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from udfs.features.errors import FeatureError, UnknownColumnError
from udfs.features.parameters import location

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conf.settings import FeatureSpec, FieldSettings

NUMERIC = ("long", "double", "decimal", "boolean")
TEXT = ("string",)
TIME = ("timestamp",)
DISCRETE = ("string", "long", "boolean")
ANY = ("long", "double", "decimal", "string", "boolean", "timestamp")


def resolve_column(
    spec: FeatureSpec, name: object, fields: Mapping[str, FieldSettings], types: tuple[str, ...]
) -> str:
    """Find the column of a name and check that its type fits the feature.

    Args:
        spec: the spec with the name, for error texts.
        name: a field name, the dotted path a field is read from, or an aggregate's column.
        fields: event fields, and aggregates as nullable doubles.
        types: field types that the feature can read.

    Raises:
        UnknownColumnError: no column has this name.
        FeatureError: the column's type does not fit.
    """
    if not isinstance(name, str):
        raise FeatureError(location(spec), "a column name", repr(name), "write the name of an event field")
    column = name if name in fields else _by_path(spec, name, fields)
    kind = fields[column].type
    if kind not in types:
        expected = f"a column of type {'|'.join(types)}"
        hint = "choose another source, or declare the field with the type it has"
        raise FeatureError(location(spec), expected, f"{column!r} of type {kind}", hint)
    return column


def resolve_source(spec: FeatureSpec, fields: Mapping[str, FieldSettings], types: tuple[str, ...]) -> str:
    """Find the one column that a feature reads: its `source`, else the column with the feature's name."""
    if spec.source is None and spec.name not in fields:
        raise FeatureError(location(spec), "source: a column", "none", "add source: NAME of an event field")
    return resolve_column(spec, spec.source or spec.name, fields, types)


def resolve_time(spec: FeatureSpec, fields: Mapping[str, FieldSettings]) -> str:
    """Find the instant that a feature reads: its `source`, else the only timestamp field."""
    if spec.source is not None:
        return resolve_column(spec, spec.source, fields, TIME)
    instants = [name for name, field in fields.items() if field.type == "timestamp"]
    if len(instants) != 1:
        got = f"{len(instants)} of them and no source"
        raise FeatureError(location(spec), "one timestamp field", got, "add source: NAME of the one to read")
    return instants[0]


def output_of(spec: FeatureSpec) -> str:
    """Return the name of the feature's column, or the stem of its columns' names."""
    return spec.output or spec.name


def _by_path(spec: FeatureSpec, path: str, fields: Mapping[str, FieldSettings]) -> str:
    found = [name for name, field in fields.items() if field.source == path]
    if len(found) > 1:
        got = f"{path!r}, which {' and '.join(found)} are read from"
        raise FeatureError(location(spec), "one column", got, "name the field instead of its path")
    if not found:
        raise UnknownColumnError(location(spec), path, fields)
    return found[0]
