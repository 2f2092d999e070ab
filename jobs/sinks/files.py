"""Tables that a job writes: folders of part files, complete and final when the run ends."""

from __future__ import annotations

from pathlib import Path

from jobs.flink.environment import FlinkSession
from jobs.flink.file_urls import file_url
from jobs.flink.sql import create_table
from state.sql import SqlColumns


def create_json_sink(session: FlinkSession, name: str, columns: SqlColumns, folder: Path) -> None:
    """Register a sink of JSON Lines; absent values are left out of their line."""
    options = {
        "format": "json",
        "json.timestamp-format.standard": "ISO-8601",
        "json.encode.ignore-null-fields": "true",
        "json.encode.decimal-as-plain-number": "true",
    }
    _create(session, name, columns, folder, options)


def create_text_sink(session: FlinkSession, name: str, folder: Path, *, kind: str = "STRING") -> None:
    """Register a sink of text: values as they are, ``STRING`` or ``BYTES``, each with the end of a line behind it."""
    _create(session, name, (("text", kind),), folder, {"format": "raw"})


ABSENT = "\ue000"
"""Cell of CSV for an absent value: an empty cell is an empty text. Texts may hold the character beside others."""


def create_csv_sink(session: FlinkSession, name: str, columns: SqlColumns, folder: Path) -> None:
    """Register a sink of CSV without a header; an absent value is ``ABSENT``."""
    _create(session, name, columns, folder, {"format": "csv", "csv.null-literal": ABSENT})


def _create(session: FlinkSession, name: str, columns: SqlColumns, folder: Path, options: dict[str, str]) -> None:
    create_table(session, name, columns, {"connector": "filesystem", "path": file_url(folder), **options})
