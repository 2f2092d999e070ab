"""From pieces of files to scored rows: workers read, parse, score and write, and the JVM sees no row before."""

from __future__ import annotations

from conf.settings import JobSettings, Settings
from jobs.flink.environment import FlinkSession, batch_rows
from jobs.flink.overrides import ONE_ROW, table_options
from jobs.flink.sql import View
from jobs.pipeline.scoring import ScoringViews, has_windows, is_written_by_workers, score
from jobs.pipeline.sliding import rows_of
from jobs.pipeline.steps import apply, computed_once
from jobs.sources.files import InputFiles
from jobs.sources.kafka import KafkaInput
from jobs.sources.pieces import create_pieces, cut, cuts_into_pieces, piece_format, source_uid
from udfs.functions.score_lines import ScoreLines
from udfs.functions.write_lines import WriteLines
from udfs.pieces.pieces import PIECE
from udfs.pieces.write_pieces import WritePieces


def reads_pieces(settings: Settings, job: JobSettings, source: InputFiles | KafkaInput) -> bool:
    """Return whether workers read the input of a job themselves."""
    if not isinstance(source, InputFiles) or not cuts_into_pieces(source) or settings.execution.profile == "latency":
        return False
    if has_windows(job):
        return settings.execution.windows == "sliding"
    return is_written_by_workers(job, View("pieces", PIECE))


def input_uid(settings: Settings, job: JobSettings, source: InputFiles | KafkaInput) -> str | None:
    """Return the uid of a job's source of pieces; None: it has none."""
    if not isinstance(source, InputFiles) or not reads_pieces(settings, job, source):
        return None
    return source_uid(cut(source, job.events, job.inference, is_ordered=has_windows(job)))


def score_pieces(session: FlinkSession, settings: Settings, job: JobSettings, files: InputFiles) -> ScoringViews:
    """Turn pieces of files into predictions."""
    is_ordered = has_windows(job)
    pieces = cut(files, job.events, job.inference, is_ordered=is_ordered)
    line_format = piece_format(files, job.events)
    numbers = create_pieces(session, pieces, is_ordered=is_ordered)
    if is_ordered:
        return score(session, settings, job, numbers, line_format)
    write = WriteLines(ScoreLines(job, settings.ml, line_format))
    function = WritePieces(write, pieces, batch_rows(job.inference))
    with table_options(session, ONE_ROW):
        # Translate here, so that a batch of numbers is one: a checkpoint waits for the piece that is being scored.
        written = apply(session, numbers, "written", function, profile="throughput")
        written = computed_once(session, written)
    return ScoringViews(rows_of(session, written, "scored", function.rows), None, written)
