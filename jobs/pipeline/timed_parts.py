"""Packed batches as a stream in event time, and their parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conf.settings import EventSettings
from jobs.flink.environment import FlinkSession
from jobs.flink.sql import View, create_view
from jobs.pipeline.steps import NO_TIME_MS, schema_of
from jobs.sources.kafka import SOURCE_TIME
from state.sql import interval
from udfs.windows.late import NEWEST

if TYPE_CHECKING:
    from pyflink.datastream import DataStream


def with_contents(session: FlinkSession, packed: View) -> View:
    """Leave out the rows of a batch that hold nothing: its parts are in the first."""
    condition = "__parts IS NOT NULL OR __dead_letter_reason IS NOT NULL"
    query = f"SELECT * FROM {packed.name} WHERE {condition}"
    return create_view(session, f"{packed.name}_rows", packed.columns, query)


def timed_parts(session: FlinkSession, packed: View, events: EventSettings, *, has_source_time: bool) -> View:
    """Make a stream, so that rows are computed once, whose row time is that of the batch's latest event.

    Args:
        session: to register it in.
        packed: packed batches.
        events: settings that say how far out of order they may come.
        has_source_time: the source has made watermarks already, at the column ``SOURCE_TIME``.
    """
    from pyflink.table import Schema

    table = session.tables.from_path(packed.name)
    name = f"{packed.name.removesuffix('_rows')}_timed"
    timed = View(name, tuple(column for column in packed.columns if column[0] != SOURCE_TIME))
    own = f"__rowtime - {interval(events.watermark_delay_ms + 1)}"
    added = (
        Schema.new_builder()
        .column_by_expression("__rowtime", f"TO_TIMESTAMP_LTZ(COALESCE({NEWEST}, {NO_TIME_MS}), 3)")
        .watermark("__rowtime", "SOURCE_WATERMARK()" if has_source_time else own)
    )
    stream = session.tables.to_data_stream(table)
    schema = schema_of(table, timed.names, added)
    session.tables.create_temporary_view(timed.name, session.tables.from_data_stream(stream, schema))
    return timed


def parts_in(session: FlinkSession, packed: View) -> DataStream:
    """Return the parts of packed batches, one row a part."""
    query = (
        f"SELECT part FROM (SELECT __parts, __rowtime FROM {packed.name} WHERE __parts IS NOT NULL) "
        "CROSS JOIN UNNEST(__parts) AS U (part)"
    )
    return session.tables.to_data_stream(session.tables.sql_query(query))
