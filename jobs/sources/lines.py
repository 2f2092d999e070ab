"""Input as a table of lines, the form in which all events enter a job."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from conf.settings import EventSettings
from jobs.flink.environment import FlinkSession
from jobs.flink.file_urls import file_url
from jobs.flink.overrides import ONE_ROW, table_options
from jobs.flink.sql import View, create_table, create_view
from jobs.sources.files import InputFiles, units_in_file
from jobs.sources.kafka import KafkaInput, create_kafka_lines
from jobs.sources.pieces import create_pieces
from state.sql import literal
from udfs.functions.parse_lines import LINE
from udfs.pieces.parquet_pieces import parquet_pieces

if TYPE_CHECKING:
    from pyflink.table import Table

FILES_UID = "files"
"""Uid of the source of lines where one task reads them."""

_VIEW = "raw_lines"
_BYTE_CHARSET = "ISO-8859-1"
_PARQUET_ROWS = 4_096
"""Most rows of a Parquet file that become lines at a time: a few hundred kilobytes of text."""


def create_input(
    session: FlinkSession,
    source: InputFiles | KafkaInput,
    events: EventSettings,
    prefix: str = "",
    *,
    has_windows: bool,
    has_record_time: bool = False,
) -> View:
    """Register and return the view of all lines of files or topics, column ``__line``; ``prefix`` as below.

    With ``has_record_time`` lines of topics come with ``RECORD_TIME``, and their watermarks respect it.
    """
    if isinstance(source, KafkaInput):
        return create_kafka_lines(
            session, source, events, prefix, has_windows=has_windows, has_record_time=has_record_time
        )
    return create_lines(session, source, events, prefix, is_ordered=has_windows)


def create_lines(
    session: FlinkSession, files: InputFiles, events: EventSettings, prefix: str = "", *, is_ordered: bool
) -> View:
    """Register and return the view of all lines, column ``__line``.

    Args:
        session: session to register it in.
        files: files to read.
        events: settings of events, whose units the times of Parquet files get.
        prefix: start of all names that are registered and of the uid, for a second input of a job.
        is_ordered: one task reads the files one after the other. Event-time windows need this order, so that no row
            comes behind the watermark. Otherwise tasks share the files.
    """
    name = f"{prefix}{_VIEW}"
    if files.format == "parquet":
        session.tables.create_temporary_view(name, _parquet_lines(session, files, events, prefix))
    elif is_read_in_turn(files, is_ordered=is_ordered, parallelism=session.env.get_parallelism()):
        parallelism = 1 if is_ordered else session.env.get_parallelism()
        session.tables.create_temporary_view(name, _lines_in_turn(session, files.paths, parallelism, prefix))
    else:
        _create_split_lines(session, files.paths, name)
    if files.format != "csv":
        return View(name, LINE)
    # Every file starts with the header, and no event equals it.
    is_event = f"TRIM(TRAILING U&'\\000D' FROM CAST(__line AS STRING)) <> {literal(files.header)}"
    return create_view(session, f"{prefix}lines", LINE, f"SELECT __line FROM {name} WHERE {is_event}")


def is_read_in_turn(files: InputFiles, *, is_ordered: bool, parallelism: int) -> bool:
    """Return whether one task reads the files one after the other, with a reader for which a lone CR ends a line.

    Flink never splits a file, because its file system reports one block. With fewer files than tasks some tasks would
    be idle, so one task reads and distributes the lines. It also reads hidden folders, which Flink's file table skips.
    """
    is_hidden = any(path.parent.name.startswith((".", "_")) for path in files.paths)
    return is_ordered or is_hidden or len(files.paths) < parallelism


def _create_split_lines(session: FlinkSession, paths: Sequence[Path], view: str) -> None:
    # Use one source for a folder's files, so that a task that finishes a file takes the next. With one source a file,
    # the same task would get all of them.
    tables = []
    for index, (folder, found) in enumerate(groupby(sorted(paths), lambda path: path.parent)):
        name = f"{view}_{index}"
        pattern = "|".join(re.escape(path.as_posix()) for path in found)
        options = {
            "connector": "filesystem",
            "format": "raw",
            "path": file_url(folder),
            "source.path.regex-pattern": pattern,
        }
        create_table(session, name, LINE, options)
        tables.append(f"SELECT __line FROM {name}")
    create_view(session, view, LINE, " UNION ALL ".join(tables))


def _lines_in_turn(session: FlinkSession, paths: Sequence[Path], parallelism: int, prefix: str) -> Table:
    """Return the lines of one file after the other; one task reads and distributes them to ``parallelism`` tasks."""
    from pyflink.common import Types, WatermarkStrategy
    from pyflink.datastream.connectors.base import Source
    from pyflink.datastream.connectors.file_system import FileSource, StreamFormat
    from pyflink.java_gateway import get_gateway

    # Java must not decode the lines, as it would replace invalid bytes. Latin-1 has a character for every byte.
    text = StreamFormat.text_line_format(_BYTE_CHARSET)
    first, *others = [FileSource.for_record_stream_format(text, file_url(path)).build() for path in paths]
    source = first
    if others:
        # One source reads its files in an order of its own, but a chain of sources keeps our order.
        hybrid = get_gateway().jvm.org.apache.flink.connector.base.source.hybrid.HybridSource
        chain = hybrid.builder(first.get_java_function())
        for other in others:
            chain = chain.addSource(other.get_java_function())
        source = Source(chain.build())
    # A chain does not declare its type, so name it here.
    lines = session.env.from_source(source, WatermarkStrategy.no_watermarks(), "files", Types.STRING())
    lines = lines.set_parallelism(1).uid(f"{prefix}{FILES_UID}").name("files")
    if parallelism > 1:
        lines = lines.rebalance()
        # The next operator takes the parallelism of its input, and Flink gives rebalance the parallelism 1.
        lines._j_data_stream.getTransformation().setParallelism(parallelism)
    return _encoded(session, session.tables.from_data_stream(lines).alias("__line"))


def _encoded(session: FlinkSession, lines: Table) -> Table:
    """Return lines with a character of Latin-1 for each byte as bytes."""
    return session.tables.sql_query(f"SELECT ENCODE(__line, {literal(_BYTE_CHARSET)}) AS __line FROM {lines}")


def _parquet_lines(session: FlinkSession, files: InputFiles, events: EventSettings, prefix: str) -> Table:
    """Return the rows of Parquet files as JSON lines, which one Python worker reads in pieces, in order."""
    from udfs.inference import as_piece_udf

    pieces = parquet_pieces(files.paths, _PARQUET_ROWS, units_in_file(events))
    session.tables.create_temporary_function(f"{prefix}read_piece", as_piece_udf(pieces))
    with table_options(session, ONE_ROW):
        # Translate here, so that small bundles apply to reading alone: a piece is read when the one before is used up.
        numbers = create_pieces(session, pieces, prefix, is_ordered=True)
        lines = session.tables.from_data_stream(
            session.tables.to_data_stream(
                session.tables.sql_query(
                    f"SELECT __line FROM (SELECT {prefix}read_piece(__piece) AS found FROM {numbers.name}) "
                    "CROSS JOIN UNNEST(found) AS T (__line)"
                )
            )
        )
    return _encoded(session, lines)
