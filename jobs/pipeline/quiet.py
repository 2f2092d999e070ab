"""The last events of a stream that falls silent: a second source of watermarks lets them through.

The watermark trails the latest event, so the windows of the last events would wait for the next, however long that
takes. Once no event has come for the idle timeout, all partitions are idle, and their watermarks no longer count. Then
this source says that nothing earlier than the latest event is to be expected; what still comes is late.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.flink.environment import FlinkSession
from jobs.flink.overrides import IDLE, table_options
from jobs.flink.sql import View
from state.sql import interval

if TYPE_CHECKING:
    from pyflink.datastream import DataStream


def with_end_of_silence(session: FlinkSession, packed: View, parts: DataStream, silent_ms: int) -> DataStream:
    """Return the stream of parts, whose watermark reaches the latest event once no event has come for so long.

    Args:
        session: session to register views in.
        packed: packed batches, with the time ``__newest`` of the latest event of each.
        parts: their parts.
        silent_ms: milliseconds without an event.
    """
    from pyflink.table import DataTypes, Schema

    tables = session.tables
    tables.execute_sql(
        "CREATE TEMPORARY VIEW packed_now AS SELECT __newest, PROCTIME() AS __now "
        f"FROM {packed.name} WHERE __newest IS NOT NULL"
    )
    latest = tables.sql_query(
        "SELECT MAX(__newest) AS __newest FROM TABLE(SESSION(TABLE packed_now, DESCRIPTOR(__now), "
        f"{interval(silent_ms)})) GROUP BY window_start, window_end"
    )
    schema = (
        Schema.new_builder()
        .column("__newest", DataTypes.BIGINT())
        .column_by_expression("__rowtime", "TO_TIMESTAMP_LTZ(__newest, 3)")
        .watermark("__rowtime", "__rowtime")
        .build()
    )
    tables.create_temporary_view("silences", tables.from_data_stream(tables.to_data_stream(latest), schema))
    # It must not hold up the watermark while events come, so it is idle at once again. None of its rows passes.
    with table_options(session, {IDLE: "1 ms"}):
        query = "SELECT CAST(NULL AS BYTES) AS part FROM silences WHERE __newest < -9000000000000000000"
        silent = tables.to_data_stream(tables.sql_query(query))
    return parts.union(silent)
