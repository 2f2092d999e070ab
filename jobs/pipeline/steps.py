"""Steps of a pipeline, each from a view to a view, in the order in which a job's picture shows them.

Rules of this file:

- A Python function whose row is read in several places is either shared by the planner (one SELECT below all its
  readers) or made a stream first; it is never computed twice.
- The destination of a row is decided once: if two branches checked a condition on the watermark, they could lose or
  double the row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias

from conf.settings import EventSettings
from jobs.flink.environment import FlinkSession
from jobs.flink.sql import View, create_view
from jobs.pipeline.window_plans import exact_scales
from jobs.sources.kafka import SOURCE_TIME
from state.sql import identifier, interval, literal
from state.window_sql import plan_windows
from udfs.features.feature_set import FeatureSet
from udfs.functions.parse_lines import RECORD_TIME, event_columns
from udfs.functions.vector_function import VectorFunction
from udfs.inference import as_udf
from udfs.windows.late import NEWEST

if TYPE_CHECKING:
    from pyflink.table import Schema, Table

Profile: TypeAlias = Literal["throughput", "latency"]

# A row without a time must not move the watermark: the year 1.
NO_TIME_MS = -62_135_596_800_000
_ROW_TIME = (("__row_time", "TIMESTAMP_LTZ(3)"),)
_TIMES = (SOURCE_TIME, NEWEST)


def apply(
    session: FlinkSession,
    source: View,
    name: str,
    function: VectorFunction,
    *,
    profile: Profile,
    keep: Iterable[str] = (),
) -> View:
    """Run a function on every row of a view; the new view has the columns kept, then the function's outputs."""
    registered = f"{name}_function"
    session.tables.create_temporary_function(registered, as_udf(function, profile))
    columns = source.only(keep)
    kept = [identifier(column) for column, _ in columns]
    arguments = ", ".join(identifier(column) for column, _ in function.inputs)
    fields = [f"`result`.{identifier(column)} AS {identifier(column)}" for column, _ in function.outputs]
    inner = ", ".join([*kept, f"{registered}({arguments}) AS `result`"])
    query = f"SELECT {', '.join(kept + fields)} FROM (SELECT {inner} FROM {identifier(source.name)})"
    return create_view(session, name, (*columns, *function.outputs), query)


def computed_once(session: FlinkSession, source: View) -> View:
    """Make a stream of a view, which is computed once whatever its readers take of it; return the new view.

    The planner shares a function between readers only if they read the same columns. Otherwise the function would run
    twice, and a model that is called twice may give two answers.

    Args:
        session: session to register the view in.
        source: the view.
    """
    table = session.tables.from_path(source.name)
    stream = session.tables.to_data_stream(table)
    name = f"{source.name}_once"
    schema = schema_of(table, source.names)
    session.tables.create_temporary_view(name, session.tables.from_data_stream(stream, schema))
    return View(name, source.columns)


def with_event_time(session: FlinkSession, source: View, name: str, events: EventSettings) -> View:
    """Give rows their event time and mark those behind the watermark with the dead letter's reason ``late``.

    Flink's windows would drop these without a word, and those up to 1970 too, which are marked ``out_of_range``.
    The watermark trails the latest time, ``NEWEST``, by ``watermark_delay`` and a millisecond: rows of one instant are
    not late. A view with ``SOURCE_TIME`` brings its watermarks along. With ``RECORD_TIME``, a row ahead of it, which
    moved no watermark, is a dead letter. These columns end here.
    """
    if source.only(dict(RECORD_TIME)):
        source = _held_against_records(session, source, events)
    timed = _with_watermark(session, source, f"{name}_timed", events)
    time = identifier(events.time)
    good = f"__dead_letter_reason IS NULL AND {time} IS NOT NULL"
    late, old = f"{good} AND __rowtime <= CURRENT_WATERMARK(__rowtime)", f"{good} AND {time} <= 0"
    error = f"'event time is behind the watermark, which trails the latest event by {events.watermark_delay_ms} ms'"
    expected = f"field '{events.time}': expected a time after 1970-01-01T00:00:00Z with execution.windows: sql, got "
    too_old = f"{literal(expected)} || CAST({time} AS STRING) || ' ms'"
    columns = tuple((column, kind) for column, kind in source.columns if column not in _TIMES)
    judged = {
        "__dead_letter_reason": ("'late'", "'out_of_range'"),
        "__dead_letter_error": (error, too_old),
    }
    listed = ", ".join(
        "CASE WHEN {1} THEN {3} WHEN {2} THEN {4} ELSE {0} END AS {0}".format(column, late, old, *judged[column])
        if column in judged
        else identifier(column)
        for column, _ in columns
    )
    table = session.tables.sql_query(f"SELECT {listed}, __rowtime FROM {timed}")
    return _with_stream_time(session, table, View(name, columns))


def _held_against_records(session: FlinkSession, source: View, events: EventSettings) -> View:
    """Mark rows ahead of the time of their record with the dead letter's reason ``in_future``, as parsing does.

    Parsing would need that time before it runs, in an operator of its own, and savepoints know each by its number.
    """
    ((written, _),) = RECORD_TIME
    ahead = f"{identifier(events.time)} - {written} * 1000 - 999"
    is_ahead = f"__dead_letter_reason IS NULL AND {ahead} > {events.max_ahead_ms}"
    expected = f"field '{events.time}': expected at most {events.max_ahead_ms} ms ahead of the time of its record, got "
    error = f"{literal(expected)} || CAST({ahead} AS STRING) || ' ms ahead'"
    judged = {"__dead_letter_reason": "'in_future'", "__dead_letter_error": error}
    columns = tuple((column, kind) for column, kind in source.columns if column != written)
    listed = ", ".join(
        f"CASE WHEN {is_ahead} THEN {judged[column]} ELSE {column} END AS {column}"
        if column in judged
        else identifier(column)
        for column, _ in columns
    )
    return create_view(session, f"{source.name}_held", columns, f"SELECT {listed} FROM {source.name}")


def _with_watermark(session: FlinkSession, source: View, name: str, events: EventSettings) -> str:
    """Make a stream of a view, with the row time ``__rowtime`` from the event's time; return the new view's name."""
    from pyflink.table import Schema

    table = session.tables.from_path(source.name)
    has_source_time = SOURCE_TIME in source.names
    rowtime = f"TO_TIMESTAMP_LTZ(COALESCE({identifier(events.time)}, {NO_TIME_MS}), 3)"
    own = f"TO_TIMESTAMP_LTZ(COALESCE({NEWEST}, {NO_TIME_MS}), 3) - {interval(events.watermark_delay_ms + 1)}"
    added = (
        Schema.new_builder()
        .column_by_expression("__rowtime", rowtime)
        .watermark("__rowtime", "SOURCE_WATERMARK()" if has_source_time else own)
    )
    stream = session.tables.to_data_stream(table)
    if has_source_time:
        # A task whose partitions were idle knows of no watermark, and would let rows pass that the windows drop
        # without a word: every task that judges must see the watermarks of all.
        stream = stream.rebalance()
    schema = schema_of(table, [column for column in source.names if column != SOURCE_TIME], added)
    session.tables.create_temporary_view(name, session.tables.from_data_stream(stream, schema))
    return name


def _with_stream_time(session: FlinkSession, table: Table, view: View) -> View:
    """Register a table as a view of these columns, with the time that its records carry as row time ``__row_time``."""
    from pyflink.table import Schema

    added = (
        Schema.new_builder()
        .column_by_metadata("__row_time", "TIMESTAMP_LTZ(3)", "rowtime", True)
        .watermark("__row_time", "SOURCE_WATERMARK()")
    )
    stream = session.tables.to_data_stream(table)
    schema = schema_of(table, view.names, added)
    name = f"{view.name}_stream"
    session.tables.create_temporary_view(name, session.tables.from_data_stream(stream, schema))
    listed = ", ".join(identifier(column) for column in view.names)
    query = f"SELECT {listed}, __row_time FROM {name}"
    return create_view(session, view.name, (*view.columns, *_ROW_TIME), query)


def with_windows(
    session: FlinkSession,
    source: View,
    name: str,
    features: FeatureSet,
    events: EventSettings,
    *,
    keep: Sequence[str] = (),
) -> View:
    """Add the feature set's window aggregates to the good rows of a view; the seam for another window engine.

    Columns to ``keep`` beside those of the event are held by the windows' state, too.
    """
    plan = plan_windows(features.windows, scales=exact_scales(events))
    columns = (*event_columns(events), *source.only(keep))
    names = [column for column, _ in columns]
    listed = ", ".join(identifier(column) for column in names)
    condition = "__dead_letter_reason IS NULL"
    query = f"SELECT {listed}, __row_time FROM {identifier(source.name)} WHERE {condition}"
    good = create_view(session, f"{name}_good", (*columns, *_ROW_TIME), query)
    aggregates = tuple((aggregate, "DOUBLE") for aggregate, _ in plan.outputs)
    query = plan.sql(source=good.name, time="__row_time", columns=names)
    return create_view(session, name, (*columns, *aggregates), query)


def schema_of(table: Table, names: Iterable[str], added: Schema.Builder | None = None) -> Schema:
    """Return the schema of a stream of a table's rows, with the columns that the builder adds."""
    from pyflink.table import Schema

    known = table.get_schema()
    schema = Schema.new_builder()
    for name in names:
        schema = schema.column(name, known.get_field_data_type(name))
    return (schema if added is None else schema.from_schema(added.build())).build()
