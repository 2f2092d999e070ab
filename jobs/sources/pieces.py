"""Input files as numbers of pieces, which workers read themselves.

Rules of this file:

- A checkpoint holds the next number of each task. So a job that continues reads each piece once.
- Source and function stay in one chain: numbers that wait in a network buffer would hold up every checkpoint until
  their pieces are scored.
"""

from __future__ import annotations

from dataclasses import dataclass

from conf.settings import EventSettings, InferenceSettings
from jobs.flink.environment import AUTO_BATCH_ROWS, FlinkSession, batch_rows
from jobs.flink.sql import View
from jobs.sources.files import InputFiles, units_in_file
from udfs.parsing.lines import LineFormat
from udfs.pieces.parquet_pieces import parquet_pieces
from udfs.pieces.pieces import PIECE, Pieces
from udfs.pieces.table_lines import TableFormat
from udfs.pieces.text_pieces import text_pieces

PIECES_UID = "pieces-"
"""Begin of the uid of a source of pieces; the fingerprint of its files follows."""

_VIEW = "pieces"
# A stage of windows gets a share of a piece, by its keys, and takes 10 us a row for 2,500 rows at once, 4 for 10,000.
_ORDERED_BATCHES = 2


@dataclass(frozen=True)
class PieceView(View):
    """The view of the numbers of pieces.

    Attributes:
        pieces: the input.
    """

    pieces: Pieces


def cuts_into_pieces(files: InputFiles) -> bool:
    """Return whether files can be read from any place on: not compressed text."""
    return all(path.suffix.lower() != ".gz" for path in files.paths)


def cut(files: InputFiles, events: EventSettings, inference: InferenceSettings, *, is_ordered: bool) -> Pieces:
    """Return the pieces of files, of about a batch of rows each, or more where one task reads all in order.

    Args:
        files: the input.
        events: their fields.
        inference: batch settings.
        is_ordered: one task reads all pieces and deals out their rows.
    """
    # The number of a piece must not depend on a setting that people change between a savepoint and the next run.
    rows = max(batch_rows(inference), AUTO_BATCH_ROWS) * (_ORDERED_BATCHES if is_ordered else 1)
    if files.format == "parquet":
        return parquet_pieces(files.paths, rows, units_in_file(events))
    return text_pieces(files.paths, rows, files.header.encode())


def piece_format(files: InputFiles, events: EventSettings) -> LineFormat:
    """Return the format of the lines of pieces.

    Raises:
        JobError: the header of CSV files lacks a required column, or names one twice.
    """
    return TableFormat(events.fields) if files.format == "parquet" else files.line_format(events)


def source_uid(pieces: Pieces) -> str:
    """Return the uid of the source of pieces, which names the files."""
    return f"{PIECES_UID}{pieces.fingerprint}"


def create_pieces(session: FlinkSession, pieces: Pieces, prefix: str = "", *, is_ordered: bool) -> PieceView:
    """Register and return the view of all numbers, column ``__piece``.

    Args:
        session: session to register it in.
        pieces: the input.
        prefix: begin of the view's name and of the uid, for a second input of a job.
        is_ordered: one task gets all numbers, in order; otherwise each task gets a stretch of them.
    """
    from pyflink.common import Types, WatermarkStrategy
    from pyflink.datastream.connectors.number_seq import NumberSequenceSource

    source = NumberSequenceSource(0, pieces.count - 1)
    numbers = session.env.from_source(source, WatermarkStrategy.no_watermarks(), "pieces", Types.LONG())
    # A job that continues with other files, or other pieces of them, must not take the numbers of these for its own.
    numbers = numbers.uid(f"{prefix}{source_uid(pieces)}").name("pieces")
    if is_ordered:
        numbers = numbers.set_parallelism(1)
    ((name, _),) = PIECE
    session.tables.create_temporary_view(f"{prefix}{_VIEW}", session.tables.from_data_stream(numbers).alias(name))
    return PieceView(f"{prefix}{_VIEW}", PIECE, pieces)
