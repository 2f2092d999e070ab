"""An ordered list of features as one function from columns to a matrix."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, cast

import numpy as np

from udfs.features import FEATURES
from udfs.features.errors import FeatureError, UnknownColumnError, suggest_or_list
from udfs.features.explained_column import ExplainedColumn
from udfs.features.feature import Feature
from udfs.features.parameters import location
from udfs.features.source import output_of
from udfs.features.transforms.aggregation import Aggregation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conf.settings import EventSettings, FeatureSetSettings, FeatureSpec, FieldSettings
    from state.window_sql import WindowSpec
    from udfs.features.feature import Columns, Matrix


@dataclass(frozen=True)
class FeatureSet:
    """Features in the order of the model's columns.

    Args:
        name: name in the settings.
        hash: 16 hex digits that change with every parameter, name and the order, and with nothing else.
        features: transforms in order.
    """

    name: str
    hash: str
    features: tuple[Feature, ...]

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Names of the matrix's columns, left to right."""
        return tuple(column for feature in self.features for column in feature.columns)

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """Event fields and aggregates that `transform` reads, each once."""
        return tuple(dict.fromkeys(name for feature in self.features for name in feature.inputs))

    @cached_property
    def windows(self) -> tuple[WindowSpec, ...]:
        """Aggregates to compute upstream, one column each."""
        return tuple(feature.window for feature in self.features if feature.window is not None)

    def transform(self, columns: Columns, dtype: type[np.float32] | type[np.float64] = np.float32) -> Matrix:
        """Compute all features of a batch.

        Args:
            columns: at least `inputs`, arrays of one length n; they are only read.
            dtype: float32 or float64; arithmetic is in float64 either way.

        Returns:
            ``(n, k)`` matrix, C-contiguous, NaN where a feature has no value.

        Raises:
            FeatureError: a column is missing or lengths differ.
        """
        rows = self._rows(columns)
        shape = (rows, len(self.columns))
        matrix = cast("Matrix", np.empty(shape, dtype))
        with np.errstate(all="ignore"):
            for transform, place in self._steps:
                transform(columns, matrix[:, place])
        return matrix

    @property
    def columns_with_domain(self) -> tuple[str, ...]:
        """Names of the columns whose features are not defined for every number."""
        return tuple(feature.columns[0] for feature in self._with_domain)

    def count_out_of_domain(self, columns: Columns) -> dict[str, int]:
        """Count the values that a feature is not defined for, by feature column; leave out columns without any.

        Args:
            columns: at least `inputs`, arrays of one length; they are only read.
        """
        counts = {feature.columns[0]: feature.count_out_of_domain(columns) for feature in self._with_domain}
        return {column: count for column, count in counts.items() if count}

    def explain(self) -> tuple[ExplainedColumn, ...]:
        """Describe each column."""
        return tuple(
            ExplainedColumn(
                column, feature.type, feature.inputs, feature.null_rule, feature.formula(position)
            )
            for feature in self.features
            for position, column in enumerate(feature.columns)
        )

    @cached_property
    def _steps(self) -> tuple[tuple[Callable[[Columns, Matrix], None], slice], ...]:
        ends = np.cumsum([len(feature.columns) for feature in self.features]).tolist()
        starts = [0, *ends[:-1]]
        places = map(slice, starts, ends)
        return tuple((feature.transform, place) for feature, place in zip(self.features, places, strict=True))

    @cached_property
    def _with_domain(self) -> tuple[Feature, ...]:
        return tuple(feature for feature in self.features if feature.has_domain)

    def _rows(self, columns: Columns) -> int:
        try:
            lengths = {len(columns[name]) for name in self.inputs}
        except KeyError:
            missing = next(name for name in self.inputs if name not in columns)
            hint = suggest_or_list(missing, columns)
            raise FeatureError(self._where, f"input column {missing!r}", "none", hint) from None
        if len(lengths) != 1:
            got = ", ".join(f"{name} {len(columns[name])}" for name in self.inputs)
            raise FeatureError(self._where, "columns of one length", got, "pass the rows of one batch")
        return lengths.pop()

    @property
    def _where(self) -> str:
        return f"feature set {self.name!r}"


def compile_feature_set(settings: FeatureSetSettings, events: EventSettings) -> FeatureSet:
    """Check every feature against the event and the other features, and fix columns and hash.

    A feature reads event fields and columns of aggregations; an aggregation reads event fields only.

    Raises:
        FeatureError: a spec is wrong, two columns share a name, or a feature reads the label of the row it
            scores.
    """
    features = _build_all(settings.specs, events)
    for spec, feature in zip(settings.specs, features, strict=True):
        _check_label(spec, feature, events.label)
        _check_window_column(spec, feature, events.fields)
    _check_distinct(settings.specs, features)
    canonical = json.dumps(
        [feature.canonical() for feature in features], default=asdict, sort_keys=True, separators=(",", ":")
    )
    return FeatureSet(settings.name, hashlib.sha256(canonical.encode()).hexdigest()[:16], features)


def _build_all(specs: tuple[FeatureSpec, ...], events: EventSettings) -> tuple[Feature, ...]:
    from conf.settings import FieldSettings

    aggregates = {
        spec.name: _build(spec, events, events.fields, specs)
        for spec in specs
        if _kind_of(spec) is Aggregation
    }
    nullable = FieldSettings(type="double", required=False)
    fields = {**events.fields, **{feature.columns[0]: nullable for feature in aggregates.values()}}
    return tuple(aggregates.get(spec.name) or _build(spec, events, fields, specs) for spec in specs)


def _readable(specs: tuple[FeatureSpec, ...], events: EventSettings) -> Mapping[str, FieldSettings]:
    """Return the columns that a feature may read, those of wrong aggregations among them."""
    from conf.settings import FieldSettings

    nullable = FieldSettings(type="double", required=False)
    aggregates = (output_of(spec) for spec in specs if FEATURES.get(spec.type) is Aggregation)
    return {**dict.fromkeys(aggregates, nullable), **events.fields}


def _build(
    spec: FeatureSpec,
    events: EventSettings,
    fields: Mapping[str, FieldSettings],
    specs: tuple[FeatureSpec, ...],
) -> Feature:
    kind = _kind_of(spec)
    if kind.reads_time and spec.source is None:
        spec = spec.model_copy(update={"source": events.time})
    try:
        return kind.from_spec(spec, fields)
    except UnknownColumnError as error:
        stems = {output_of(other): other for other in specs}
        maker = next((stems[stem] for stem in stems if f"{error.column}_".startswith(f"{stem}_")), None)
        if maker is None:
            raise
        reads = "event fields" if kind is Aggregation else "event fields and aggregations"
        got = f"{error.column!r}, made by feature {maker.name!r} ({maker.type})"
        hint = f"type {spec.type} reads {reads}, not other features"
        raise FeatureError(location(spec), f"one of {reads}", got, hint) from None


def _kind_of(spec: FeatureSpec) -> type[Feature]:
    kind = FEATURES.get(spec.type)
    if kind is None:
        raise FeatureError(location(spec), "a known type", repr(spec.type), suggest_or_list(spec.type, FEATURES))
    return kind


def _check_label(spec: FeatureSpec, feature: Feature, label: str | None) -> None:
    window = feature.window
    has_delay = window is not None and window.delay_s > 0
    reads = feature.inputs if window is None else (window.source, window.key, *_names_in(window.filter))
    if label is not None and label in reads and not has_delay:
        hint = "the truth is not known when the row is scored: use an aggregation with a delay"
        raise FeatureError(location(spec), "no label among what it reads", repr(label), hint)


def _names_in(predicate: str | None) -> list[str]:
    return re.findall(r"\w+", re.sub(r"'[^']*'", "", predicate or ""))


def _check_window_column(spec: FeatureSpec, feature: Feature, fields: Mapping[str, FieldSettings]) -> None:
    if feature.window is not None and feature.window.name in fields:
        got = f"{feature.window.name!r}, which is an event field"
        raise FeatureError(location(spec), "an output of its own", got, "choose another name or output")


def _check_distinct(specs: tuple[FeatureSpec, ...], features: tuple[Feature, ...]) -> None:
    makers: dict[str, str] = {}
    for spec, feature in zip(specs, features, strict=True):
        window = feature.window
        extra = () if window is None or window.name in feature.columns else (window.name,)
        for column in (*feature.columns, *extra):
            if column in makers:
                got = f"{column!r}, which feature {makers[column]!r} makes too"
                raise FeatureError(location(spec), "columns of its own", got, "set another output")
            makers[column] = spec.name


def feature_problems(settings: FeatureSetSettings, events: EventSettings) -> list[FeatureError]:
    """Return what is wrong with a feature set: the problems of all its features, not only the first."""
    problems: list[FeatureError] = []
    built = []
    for spec in settings.specs:
        try:
            feature = _build(spec, events, _readable(settings.specs, events), settings.specs)
            _check_label(spec, feature, events.label)
            _check_window_column(spec, feature, events.fields)
            built.append((spec, feature))
        except FeatureError as error:
            problems.append(error)
    try:
        _check_distinct(tuple(spec for spec, _ in built), tuple(feature for _, feature in built))
    except FeatureError as error:
        problems.append(error)
    return problems
