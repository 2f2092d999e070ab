"""An ordered list of features as one function from columns to a matrix."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, cast

import numpy as np

from conf.nearest import suggest
from models.scoring.event_fields import EventFields
from udfs.features import FEATURES
from udfs.features.errors import FeatureError, UnknownColumnError, suggest_or_list
from udfs.features.explained_column import ExplainedColumn
from udfs.features.feature import Feature
from udfs.features.parameters import location
from udfs.features.source import output_of
from udfs.features.transforms.aggregation import Aggregation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from conf.settings import EventSettings, FeatureSetSettings, FeatureSpec, FieldSettings
    from state.trackers.tracker import TrackerSpec
    from state.window_sql import WindowSpec
    from udfs.features.feature import Columns, Matrix
    from udfs.features.stored.stored_value import StoredValue


@dataclass(frozen=True, repr=False)
class FeatureSet:
    """Features in the order of the model's columns.

    Args:
        name: name in the settings.
        hash: 16 hex digits that change with every parameter, name and the order, and with nothing else.
        features: transforms in order.
        fields: fields of the events that the features are of; models may read them raw, beside the features.
        events: settings of these events; None: the features are of a table, whose columns have no settings.
    """

    name: str
    hash: str
    features: tuple[Feature, ...]
    fields: EventFields = field(default_factory=EventFields, compare=False)
    events: EventSettings | None = field(default=None, compare=False)

    def __repr__(self) -> str:
        """Return name, hash and columns."""
        return f"FeatureSet({self.name!r}, {self.hash}: {', '.join(self.columns)})"

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Names of the matrix's columns, left to right."""
        return tuple(column for feature in self.features for column in feature.columns)

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """Event fields and aggregates that `transform` reads, each once; with look-ups in a store the time, too."""
        read = [name for feature in self.features for name in feature.inputs]
        times = [] if self.events is None or not self.stored else [self.events.time]
        return tuple(dict.fromkeys((*read, *times)))

    @cached_property
    def stored(self) -> tuple[StoredValue, ...]:
        """Values of the feature store that `transform` needs beside `inputs`."""
        return tuple(feature.stored for feature in self.features if feature.stored is not None)

    @cached_property
    def windows(self) -> tuple[WindowSpec, ...]:
        """Aggregates to compute upstream, one column each."""
        return tuple(feature.window for feature in self.features if feature.window is not None)

    @cached_property
    def trackers(self) -> tuple[TrackerSpec, ...]:
        """Trackers of keys to run upstream, after the windows."""
        return tuple(feature.tracker for feature in self.features if feature.tracker is not None)

    @property
    def is_keyed(self) -> bool:
        """Whether some feature depends on earlier events of a key."""
        return bool(self.windows or self.trackers)

    def transform(self, columns: Columns, dtype: type[np.float32] | type[np.float64] = np.float32) -> Matrix:
        """Compute all features of a batch.

        Args:
            columns: at least `inputs`, arrays of one length n, and the values of `stored`; they are only read.
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
            for feature, place in self._places:
                feature.transform(columns, matrix[:, place])
        return matrix

    def check_columns(self, names: Iterable[str]) -> None:
        """Refuse columns that lack some of `inputs`.

        Raises:
            FeatureError: columns are missing; the text names all of them, and what may have been meant.
        """
        given = list(names)
        missing = [name for name in self.inputs if name not in given]
        if len(missing) == 1:
            hint = suggest_or_list(missing[0], given)
            raise FeatureError(self._where, f"input column {missing[0]!r}", "none", hint)
        if missing:
            near = [f"{name!r}: {found}" for name in missing if (found := suggest(name, given))]
            expected = f"input columns {', '.join(map(repr, missing))}"
            raise FeatureError(self._where, expected, "none of them", "; ".join(near) or suggest_or_list("", given))

    @property
    def columns_with_domain(self) -> tuple[str, ...]:
        """Names of the columns whose features are not defined for every number."""
        return tuple(feature.columns[0] for feature in self.features if feature.has_domain)

    def count_out_of_domain(self, columns: Columns, matrix: Matrix) -> dict[str, int]:
        """Count the values that a feature is not defined for, by feature column; leave out columns without any.

        Args:
            columns: what `transform` was given.
            matrix: the array that it returned.
        """
        counts = {
            feature.columns[0]: feature.count_out_of_domain(columns, matrix[:, place])
            for feature, place in self._places
            if feature.has_domain
        }
        return {column: count for column, count in counts.items() if count}

    def explain(self) -> tuple[ExplainedColumn, ...]:
        """Describe each column."""
        return tuple(
            ExplainedColumn(column, feature.type, _read_by(feature), feature.null_rule, feature.formula(position))
            for feature in self.features
            for position, column in enumerate(feature.columns)
        )

    @cached_property
    def _places(self) -> tuple[tuple[Feature, slice], ...]:
        """Features and their columns in the matrix."""
        ends = np.cumsum([len(feature.columns) for feature in self.features]).tolist()
        starts = [0, *ends[:-1]]
        return tuple(zip(self.features, map(slice, starts, ends), strict=True))

    def _rows(self, columns: Columns) -> int:
        self.check_columns(columns)
        absent = [value for value in self.stored if value.given_as not in columns]
        if absent:
            expected = f"the answers of the feature store for {', '.join(repr(each.column) for each in absent)}"
            raise FeatureError(self._where, expected, "none", "open the store, and join the batch first")
        lengths = {len(columns[name]) for name in self.inputs}
        if len(lengths) != 1:
            got = ", ".join(f"{name} {len(columns[name])}" for name in self.inputs)
            raise FeatureError(self._where, "columns of one length", got, "pass the rows of one batch")
        return lengths.pop()

    @property
    def _where(self) -> str:
        return f"feature set {self.name!r}"


def compile_feature_set(settings: FeatureSetSettings, events: EventSettings) -> FeatureSet:
    """Check every feature against the event and the other features, and fix columns and hash.

    A feature reads event fields and columns of aggregations; an aggregation reads event fields only, and no feature
    reads what another one follows.

    Raises:
        FeatureError: a spec is wrong, two columns share a name, or a feature reads the label of the row it
            scores.
    """
    features = _build_all(settings.specs, events)
    for spec, feature in zip(settings.specs, features, strict=True):
        _check_label(spec, feature, events.label)
        _check_window_column(spec, feature, events.fields)
    built = ((place, *each) for place, each in enumerate(zip(settings.specs, features, strict=True)))
    for _, problem in _repeated_columns(built):
        raise problem
    canonical = json.dumps(
        [feature.canonical() for feature in features], default=asdict, sort_keys=True, separators=(",", ":")
    )
    units = {name: each.unit for name, each in events.fields.items() if each.unit is not None}
    fields = EventFields({name: each.type for name, each in events.fields.items()}, units=units)
    return FeatureSet(settings.name, hashlib.sha256(canonical.encode()).hexdigest()[:16], features, fields, events)


def _build_all(specs: tuple[FeatureSpec, ...], events: EventSettings) -> tuple[Feature, ...]:
    from conf.settings import FieldSettings

    aggregates = {
        spec.name: _build(spec, events, events.fields, specs) for spec in specs if _kind_of(spec) is Aggregation
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


def _read_by(feature: Feature) -> tuple[str, ...]:
    """Return the source of a feature: that of its window or tracker, where it has one."""
    window, tracker = feature.window, feature.tracker
    if tracker is not None:
        return tuple(dict.fromkeys((*tracker.sources, tracker.key)))
    if window is None:
        return feature.inputs
    others = (name for name in feature.inputs if name != window.name)
    return tuple(dict.fromkeys(filter(None, (window.source, window.key, *others))))


def _check_label(spec: FeatureSpec, feature: Feature, label: str | None) -> None:
    window = feature.window
    has_delay = window is not None and window.delay_s > 0
    reads = _read_by(feature) if window is None else (window.source, window.key, *_names_in(window.filter))
    if label is not None and label in reads and not has_delay:
        hint = "the truth is not known when the row is scored: use an aggregation with a delay"
        raise FeatureError(location(spec), "no label among what it reads", repr(label), hint)


def _names_in(predicate: str | None) -> list[str]:
    return re.findall(r"\w+", re.sub(r"'[^']*'", "", predicate or ""))


def _check_window_column(spec: FeatureSpec, feature: Feature, fields: Mapping[str, FieldSettings]) -> None:
    made = () if feature.tracker is None else feature.tracker.columns
    made = made if feature.window is None else (feature.window.name,)
    taken = next((name for name in made if name in fields), None)
    if taken is not None:
        got = f"{taken!r}, which is an event field"
        raise FeatureError(location(spec), "an output of its own", got, "choose another name or output")


def _repeated_columns(built: Iterable[tuple[int, FeatureSpec, Feature]]) -> Iterator[tuple[int, FeatureError]]:
    """Yield a problem for each column that an earlier feature makes, with the feature's place."""
    makers: dict[str, str] = {}
    for place, spec, feature in built:
        window = feature.window
        extra = () if window is None or window.name in feature.columns else (window.name,)
        for column in (*feature.columns, *extra):
            if column in makers:
                got = f"{column!r}, which feature {makers[column]!r} makes too"
                yield place, FeatureError(location(spec), "columns of its own", got, "set another output")
            makers.setdefault(column, spec.name)


def feature_problems(settings: FeatureSetSettings, events: EventSettings) -> list[tuple[int, FeatureError]]:
    """Return the problems of a feature set: those of all its features, each with the feature's place."""
    problems: list[tuple[int, FeatureError]] = []
    built = []
    for place, spec in enumerate(settings.specs):
        try:
            feature = _build(spec, events, _readable(settings.specs, events), settings.specs)
            _check_label(spec, feature, events.label)
            _check_window_column(spec, feature, events.fields)
            built.append((place, spec, feature))
        except FeatureError as error:
            problems.append((place, error))
    return sorted(problems + list(_repeated_columns(built)), key=lambda each: each[0])
