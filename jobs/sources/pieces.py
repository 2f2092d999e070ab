"""Input files as numbers of pieces, which workers read themselves.

Rules of this file:

- A checkpoint holds the next number of each task. So a job that goes on reads each piece once.
- Source and function stay in one chain: numbers that wait in a network buffer would hold up every checkpoint until
  their pieces are scored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from conf.settings import InferenceSettings
from jobs.flink.environment import AUTO_BATCH_ROWS, FlinkSession
from jobs.flink.sql import View
from jobs.sources.files import InputFiles
from udfs.pieces.pieces import PIECE, Pieces
from udfs.pieces.text_pieces import text_pieces

if TYPE_CHECKING:
    from udfs.pieces.text_pieces import TextPieces

_VIEW = "pieces"


def batch_rows(inference: InferenceSettings) -> int:
    """Return the most rows of a batch."""
    return AUTO_BATCH_ROWS if inference.batch_size == "auto" else inference.batch_size


def cuts_into_pieces(files: InputFiles) -> bool:
    """Return whether files can be read from any place on: not compressed ones."""
    return files.format != "parquet" and all(path.suffix.lower() != ".gz" for path in files.paths)


def cut(files: InputFiles, inference: InferenceSettings) -> TextPieces:
    """Return the pieces of files, each of about as many rows as a batch has."""
    # The number of a piece must not depend on a setting that people change between a savepoint and the next run.
    rows = max(batch_rows(inference), AUTO_BATCH_ROWS)
    return text_pieces(files.paths, rows, files.header.encode())


def create_pieces(session: FlinkSession, pieces: Pieces) -> View:
    """Register and return the view of all numbers, column ``__piece``; each task gets a stretch of them, in order."""
    from pyflink.common import Types, WatermarkStrategy
    from pyflink.datastream.connectors.number_seq import NumberSequenceSource

    source = NumberSequenceSource(0, pieces.count - 1)
    numbers = session.env.from_source(source, WatermarkStrategy.no_watermarks(), "pieces", Types.LONG())
    # A job that goes on with other files, or other pieces of them, must not take the numbers of these for its own.
    numbers = numbers.uid(f"pieces-{pieces.fingerprint}").name("pieces")
    (name, _), = PIECE
    session.tables.create_temporary_view(_VIEW, session.tables.from_data_stream(numbers).alias(name))
    return View(_VIEW, PIECE)
