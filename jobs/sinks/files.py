"""Tables that a job writes: folders of part files, complete and final when the run ends."""

from __future__ import annotations

from pathlib import Path

from jobs.flink.environment import FlinkSession
from jobs.flink.file_urls import file_url

SqlColumns = tuple[tuple[str, str], ...]

DEAD_LETTER_COLUMNS: SqlColumns = (
    ("key", "STRING"),
    ("value", "STRING"),
    ("event_time", "TIMESTAMP_LTZ(3)"),
    ("headers", "STRING"),
    ("partition", "INT"),
    ("offset", "BIGINT"),
    ("reason", "STRING"),
    ("category", "STRING"),
    ("operator", "STRING"),
    ("failed_at", "TIMESTAMP_LTZ(3)"),
    ("retry_count", "INT"),
    ("error", "STRING"),
    ("metadata", "STRING"),
)


def prediction_columns(output_field: str) -> SqlColumns:
    """Return the columns of a prediction row; the score is in ``output_field``."""
    return (
        ("event_id", "STRING"),
        ("event_time", "TIMESTAMP_LTZ(3)"),
        ("key", "STRING"),
        (output_field, "DOUBLE"),
        ("label", "STRING"),
        ("scores", "ARRAY<DOUBLE>"),
        ("model", "STRING"),
        ("version", "STRING"),
        ("checksum", "STRING"),
        ("feature_set", "STRING"),
        ("experiment", "STRING"),
        ("variant", "STRING"),
        ("status", "STRING"),
        ("reason", "STRING"),
        ("latency_us", "BIGINT"),
        ("truth", "DOUBLE"),
    )


def create_json_sink(session: FlinkSession, name: str, columns: SqlColumns, folder: Path) -> None:
    """Register a sink of JSON Lines; absent values are left out of their line."""
    options = {
        "format": "json",
        "json.timestamp-format.standard": "ISO-8601",
        "json.encode.ignore-null-fields": "true",
    }
    _create(session, name, columns, folder, options)


def create_text_sink(session: FlinkSession, name: str, folder: Path) -> None:
    """Register a sink of text: values as they are, each with the end of a line behind it."""
    _create(session, name, (("text", "STRING"),), folder, {"format": "raw"})


def create_csv_sink(session: FlinkSession, name: str, columns: SqlColumns, folder: Path) -> None:
    """Register a sink of CSV without a header; an absent value is an empty cell."""
    _create(session, name, columns, folder, {"format": "csv", "csv.null-literal": ""})


def _create(
    session: FlinkSession, name: str, columns: SqlColumns, folder: Path, options: dict[str, str]
) -> None:
    listed = ", ".join(f"`{column}` {kind}" for column, kind in columns)
    everything = {"connector": "filesystem", "path": file_url(folder), **options}
    given = ", ".join("'{}'='{}'".format(key, value.replace("'", "''")) for key, value in everything.items())
    session.tables.execute_sql(f"CREATE TEMPORARY TABLE `{name}` ({listed}) WITH ({given})")
