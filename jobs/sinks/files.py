"""Folders of part files that a job writes, complete and final when the run ends.

The sink is that of Flink's DataStream API. The table connector `filesystem` makes its files final as soon as a task has
read all its input, and not with the checkpoint that follows: a job that fails in between finds neither its unfinished
files nor which rows of the final ones it must not write again.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs.flink.file_urls import file_url
from state.sql import SqlColumns

if TYPE_CHECKING:
    from jobs.sinks.inserts import Inserts

ABSENT = "\ue000"
"""Cell of CSV for an absent value: an empty cell is an empty text. Texts may hold the character beside others."""

_PART_BYTES = 128 << 20
_PART_MINUTES = 30
_LOOK_MS = 60_000


def write_json(inserts: Inserts, name: str, columns: SqlColumns, query: str, folder: Path) -> None:
    """Add the insert of a query's rows as JSON Lines; absent values are left out of their line."""
    inserts.add_sink(name, columns, query, lambda row: _file_sink(folder, ".jsonl", _json(row)))


def write_text(inserts: Inserts, name: str, query: str, folder: Path, *, kind: str = "STRING") -> None:
    """Add the insert of a query's one column, ``STRING`` or ``BYTES``, each value followed by the end of a line."""
    inserts.add_sink(name, (("text", kind),), query, lambda row: _file_sink(folder, ".jsonl", _raw(row)))


def write_csv(inserts: Inserts, name: str, columns: SqlColumns, query: str, folder: Path) -> None:
    """Add the insert of a query's rows as CSV without a header; an absent value is ``ABSENT``."""
    inserts.add_sink(name, columns, query, lambda row: _file_sink(folder, ".csv", _csv(row)))


def _json(row: Any) -> Any:
    formats = _formats()
    times, keys = formats.common.TimestampFormat.ISO_8601, formats.json.JsonFormatOptions.MapNullKeyMode.FAIL
    # The last two: decimals without an exponent, and no fields without a value.
    return formats.json.JsonRowDataSerializationSchema(row, times, keys, "null", True, True)


def _raw(row: Any) -> Any:
    return _formats().raw.RawFormatSerializationSchema(row.getTypeAt(0), "UTF-8", True)


def _csv(row: Any) -> Any:
    return _formats().csv.CsvRowDataSerializationSchema.Builder(row).setNullLiteral(ABSENT).build()


def _formats() -> Any:
    from pyflink.java_gateway import get_gateway

    return get_gateway().jvm.org.apache.flink.formats


def _file_sink(folder: Path, suffix: str, schema: Any) -> Any:
    from pyflink.java_gateway import get_gateway

    jvm = get_gateway().jvm
    flink, minutes = jvm.org.apache.flink, jvm.java.time.Duration.ofMinutes
    policy = flink.streaming.api.functions.sink.filesystem.rollingpolicies.DefaultRollingPolicy.builder()
    size = flink.configuration.MemorySize(_PART_BYTES)
    rolling = policy.withMaxPartSize(size).withRolloverInterval(minutes(_PART_MINUTES))
    names = flink.streaming.api.functions.sink.filesystem.OutputFileConfig.builder().withPartSuffix(suffix)
    buckets = flink.streaming.api.functions.sink.filesystem.bucketassigners.BasePathBucketAssigner()
    encoder = flink.connector.file.table.SerializationSchemaAdapter(schema)
    rows = flink.connector.file.sink.FileSink.forRowFormat(flink.core.fs.Path(file_url(folder)), encoder)
    return (
        rows.withBucketAssigner(buckets)
        .withRollingPolicy(rolling.withInactivityInterval(minutes(_PART_MINUTES)).build())
        .withOutputFileConfig(names.build())
        .withBucketCheckInterval(_LOOK_MS)
        .build()
    )
