"""Scoring of a user's stream as a job scores its input."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from conf.settings import JobSettings, Settings, SinkSettings
from gress.scoring.config import job_of
from gress.streams.scored_stream import ScoredStream
from gress.streams.stream_lines import create_stream_lines
from jobs.errors import refuse
from jobs.flink.environment import FlinkSession, flink_options
from jobs.flink.jvm.collection import planning
from jobs.pipeline.scoring import has_windows
from jobs.pipeline.scoring import score as score_lines
from jobs.pipeline.writing import queries_of_rows
from jobs.saved_state.operators import WINDOWS_UID
from jobs.sinks.copies import RowQuery
from state.sql import identifier
from udfs.columns.side_columns import side_columns
from udfs.parsing.lines import JsonLines

if TYPE_CHECKING:
    from pyflink.datastream import DataStream, StreamExecutionEnvironment

# The options that a user's own environment gets: those that the job's functions need to be right or fast.
_NEEDED = ("python.", "table.exec.uid.generation", "pipeline.max-parallelism")
_BESIDE = MappingProxyType(
    {
        "__drift": "ml.drift",
        "__shadow": "shadows of ml.ab_testing",
        "__outcomes": "verdicts of ml.ab_testing",
        "__predictions_to_label": "job.labels",
        "__samples": "ml.online_learning",
    }
)


def score(stream: DataStream, settings: Settings) -> ScoredStream:
    """Score the events of a stream as the job of these settings does: features, windows, model and fallbacks.

    The settings' source, sink and parallelism do not count. Of their execution the profile, the batches and the largest
    parallelism do, the last for all of the environment. Windows take the events through one task, in the order in which
    they come; what is further behind than ``watermark_delay`` is a dead letter. One stream of an environment is scored
    with windows.

    Args:
        stream: JSON objects as bytes or text, dicts, or rows with named fields.
        settings: of the job.

    Returns:
        Predictions, rows with the columns that a job writes; ``get_side_output(gress.DEAD_LETTERS)`` has the others.
        Times are ISO 8601 text in UTC, decimals text, and ``scores`` of a model without classes are empty.

    Raises:
        FeatureError, JobError, ModelError: the settings hold no job or ask for more than predictions, or the model does
            not fit.
    """
    from pyflink.datastream import StreamExecutionEnvironment

    job = _only_predictions(job_of(settings), settings)
    env = StreamExecutionEnvironment(stream._j_data_stream.getExecutionEnvironment())
    with planning():
        session = _session(env, settings)
        lines = create_stream_lines(session, stream, is_ordered=has_windows(job))
        views = score_lines(session, settings, job, lines, JsonLines(job.events.fields))
        queries = queries_of_rows(session, settings, job, views)
        predictions, letters = (_stream_of(session, rows) for rows in queries)
    return ScoredStream(predictions, letters)


def _only_predictions(job: JobSettings, settings: Settings) -> JobSettings:
    """Return a job whose rows are read as rows; refuse one that does more than score."""
    beside = [_BESIDE[name] for name, _ in side_columns(job, settings.ml)]
    if beside:
        refuse("settings", "a job that only scores", ", ".join(beside), "leave them out, or run the job: gress run")
    # A job that prints its rows has them as rows, not as blocks of text for its files.
    return job.model_copy(update={"sink": SinkSettings(fields=job.sink.fields, print=True)})


def _stream_of(session: FlinkSession, rows: RowQuery) -> DataStream:
    table = session.tables.sql_query(rows.query).alias(*(name for name, _ in rows.columns))
    session.tables.create_temporary_view(rows.kind, table)
    listed = ", ".join(f"{_readable(name, kind)} AS {identifier(name)}" for name, kind in rows.columns)
    return session.tables.to_data_stream(session.tables.sql_query(f"SELECT {listed} FROM {rows.kind}"))


def _readable(name: str, kind: str) -> str:
    """Return a column as every Python function can read it.

    In a thread of the JVM, where windows have all of a program's functions, an absent array is an error, and times and
    decimals are objects of Java.
    """
    column = identifier(name)
    if kind.startswith("ARRAY"):
        return f"COALESCE({column}, ARRAY_REMOVE(ARRAY[CAST(0 AS DOUBLE)], CAST(0 AS DOUBLE)))"
    if kind.startswith("TIMESTAMP"):
        return f"REPLACE(CAST({column} AS STRING), ' ', 'T') || 'Z'"
    return f"CAST({column} AS STRING)" if kind.startswith("DECIMAL") else column


def _session(env: StreamExecutionEnvironment, settings: Settings) -> FlinkSession:
    from pyflink.common import Configuration
    from pyflink.table import StreamTableEnvironment

    configuration = Configuration()
    for key, value in flink_options(settings).items():
        if key.startswith(_NEEDED):
            configuration.set_string(key, value)
    env.configure(configuration)
    session = FlinkSession(env, StreamTableEnvironment.create(env), 1 + _count_windowed(env))
    # Times become texts.
    session.tables.get_config().set_local_timezone("UTC")
    return session


def _count_windowed(env: StreamExecutionEnvironment) -> int:
    """Return how many streams of an environment are scored with windows already."""
    uids = (each.getUid() or "" for each in env._j_stream_execution_environment.getTransformations())
    return sum(uid.startswith(WINDOWS_UID) and uid.endswith("labels") for uid in uids)
