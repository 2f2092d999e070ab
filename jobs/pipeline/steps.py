"""Steps of a pipeline, each from a view to a view, in the order in which a job's picture shows them.

Rules this file keeps:

- A Python function whose row is read in several places is either shared by the planner (one SELECT below all its
  readers) or made a stream first; it is never computed twice.
- What decides where a row goes is decided once: a condition on the watermark, asked in two branches, could lose a
  row or double it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from conf.settings import EventSettings
from jobs.flink.environment import FlinkSession
from jobs.sources.kafka import SOURCE_TIME
from state.window_sql import interval, plan_windows, quote
from udfs.features.feature_set import FeatureSet
from udfs.functions.parse_lines import event_columns
from udfs.functions.vector_function import VectorFunction
from udfs.inference import as_udf

if TYPE_CHECKING:
    from pyflink.table import Table

# A row without a time must not move the watermark: the year 1.
_NO_TIME_MS = -62_135_596_800_000
_EXACT_SCALES = {"long": 0, "boolean": 0}


def apply(
    session: FlinkSession,
    source: str,
    view: str,
    function: VectorFunction,
    *,
    profile: Any,
    keep: Iterable[str] = (),
) -> str:
    """Run a function on every row of a view; the new view has the columns kept, then the function's outputs."""
    name = f"{view}_function"
    session.tables.create_temporary_function(name, as_udf(function, profile))
    kept = [quote(column) for column in keep]
    arguments = ", ".join(quote(column) for column, _ in function.inputs)
    fields = [f"`result`.{quote(column)} AS {quote(column)}" for column, _ in function.outputs]
    inner = ", ".join([*kept, f"{name}({arguments}) AS `result`"])
    session.tables.execute_sql(
        f"CREATE TEMPORARY VIEW {view} AS SELECT {', '.join(kept + fields)} FROM (SELECT {inner} FROM {quote(source)})"
    )
    return view


def computed_once(session: FlinkSession, source: str) -> str:
    """Make a stream of a view, which is computed once whatever its readers take of it; return the new view.

    The planner shares what readers have in common only where they take the same columns: a function below two readers
    with different ones would run twice, and a model called twice may not answer the same.
    """
    table = session.tables.from_path(source)
    stream = session.tables.to_data_stream(table)
    name = f"{source}_once"
    schema = _schema_of(table, names_of(session, source))
    session.tables.create_temporary_view(name, session.tables.from_data_stream(stream, schema))
    return name


def with_event_time(session: FlinkSession, source: str, view: str, events: EventSettings) -> str:
    """Give rows their event time and mark those behind the watermark with reason ``late``.

    The watermark trails the latest event by ``watermark_delay`` and a millisecond: rows of one instant are not late.
    A view with ``SOURCE_TIME`` brings its watermarks along; the column ends here.
    """
    timed = _with_watermark(session, source, f"{view}_timed", events)
    late = f"__reason IS NULL AND {quote(events.time)} IS NOT NULL AND __rowtime <= CURRENT_WATERMARK(__rowtime)"
    error = f"'event time is behind the watermark, which trails the latest event by {events.watermark_delay_ms} ms'"
    names = [name for name in names_of(session, source) if name != SOURCE_TIME]
    judged = {
        "__reason": f"CASE WHEN {late} THEN 'late' ELSE __reason END AS __reason",
        "__error": f"CASE WHEN {late} THEN {error} ELSE __error END AS __error",
    }
    columns = [judged.get(name, quote(name)) for name in names]
    table = session.tables.sql_query(f"SELECT {', '.join(columns)}, __rowtime FROM {timed}")
    return _with_stream_time(session, table, names, view)


def _with_watermark(session: FlinkSession, source: str, view: str, events: EventSettings) -> str:
    """Make a stream of a view, with the row time ``__rowtime`` from the event's time."""
    from pyflink.table import Schema

    table = session.tables.from_path(source)
    names = names_of(session, source)
    rowtime = f"TO_TIMESTAMP_LTZ(COALESCE({quote(events.time)}, {_NO_TIME_MS}), 3)"
    own = f"__rowtime - {interval(events.watermark_delay_ms + 1)}"
    added = (
        Schema.new_builder()
        .column_by_expression("__rowtime", rowtime)
        .watermark("__rowtime", "SOURCE_WATERMARK()" if SOURCE_TIME in names else own)
    )
    stream = session.tables.to_data_stream(table)
    if SOURCE_TIME in names:
        # A task whose partitions were idle knows of no watermark, and would let rows pass that the windows drop
        # without a word: every task that judges must see the watermarks of all.
        stream = stream.rebalance()
    schema = _schema_of(table, [name for name in names if name != SOURCE_TIME], added)
    session.tables.create_temporary_view(view, session.tables.from_data_stream(stream, schema))
    return view


def _with_stream_time(session: FlinkSession, table: Table, names: Sequence[str], view: str) -> str:
    """Make a stream of a table, with the time that its records carry as row time ``__row_time``."""
    from pyflink.table import Schema

    added = (
        Schema.new_builder()
        .column_by_metadata("__row_time", "TIMESTAMP_LTZ(3)", "rowtime", True)
        .watermark("__row_time", "SOURCE_WATERMARK()")
    )
    stream = session.tables.to_data_stream(table)
    schema = _schema_of(table, names, added)
    session.tables.create_temporary_view(f"{view}_stream", session.tables.from_data_stream(stream, schema))
    listed = ", ".join(quote(name) for name in names)
    session.tables.execute_sql(f"CREATE TEMPORARY VIEW {view} AS SELECT {listed}, __row_time FROM {view}_stream")
    return view


def with_windows(
    session: FlinkSession,
    source: str,
    view: str,
    features: FeatureSet,
    events: EventSettings,
    *,
    keep: Sequence[str] = (),
) -> str:
    """Add the feature set's window aggregates to the good rows of a view; the seam for another window engine.

    Columns to ``keep`` beside those of the event are held by the windows' state, too.
    """
    scales = {name: _exact_scale(field.type, field.scale) for name, field in events.fields.items()}
    plan = plan_windows(features.windows, scales=scales)
    columns = [*(name for name, _ in event_columns(events)), *keep]
    good = f"{view}_good"
    listed = ", ".join(quote(name) for name in columns)
    session.tables.execute_sql(
        f"CREATE TEMPORARY VIEW {good} AS SELECT {listed}, __row_time FROM {source} WHERE __reason IS NULL"
    )
    query = plan.sql(source=good, time="__row_time", columns=columns)
    session.tables.execute_sql(f"CREATE TEMPORARY VIEW {view} AS {query}")
    return view


def _exact_scale(kind: str, scale: int | None) -> int | None:
    return scale if kind == "decimal" else _EXACT_SCALES.get(kind)


def names_of(session: FlinkSession, view: str) -> list[str]:
    """Return the columns of a view."""
    return list(session.tables.from_path(view).get_schema().get_field_names())


def _schema_of(table: Table, names: Iterable[str], added: Any = None) -> Any:
    """Return the schema of a stream of a table's rows, with what the builder adds."""
    from pyflink.table import Schema

    known = table.get_schema()
    schema = Schema.new_builder()
    for name in names:
        schema = schema.column(name, known.get_field_data_type(name))
    return (schema if added is None else schema.from_schema(added.build())).build()
