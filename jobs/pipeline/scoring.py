"""From lines to predictions, alerts and dead letters: the pipeline that scoring jobs share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from conf.settings import JobSettings, Settings
from jobs.flink.environment import FlinkSession
from jobs.pipeline.drift import add_drift
from jobs.pipeline.steps import apply, computed_once, names_of, with_event_time, with_windows
from jobs.sinks.files import (
    DEAD_LETTER_COLUMNS,
    SqlColumns,
    create_csv_sink,
    create_json_sink,
    create_text_sink,
    prediction_columns,
)
from jobs.sinks.kafka import create_kafka_sink
from jobs.sources.kafka import PLACE_COLUMNS, RECORD_COLUMNS, SOURCE_TIME
from state.window_sql import quote
from udfs.dead_letters import REASONS
from udfs.features.feature_set import FeatureSet, compile_feature_set
from udfs.functions.compute_features import ComputeFeatures
from udfs.functions.count_dead_letters import CountDeadLetters
from udfs.functions.parse_lines import ParseLines, event_columns
from udfs.functions.prediction_texts import PredictionTexts
from udfs.functions.score_columns import ScoreColumns
from udfs.functions.score_lines import ScoreLines
from udfs.functions.write_lines import BLOCK_COLUMNS, WriteLines
from udfs.parsing.lines import LineFormat

if TYPE_CHECKING:
    from pyflink.table import StatementSet


@dataclass(frozen=True)
class Scored:
    """Views that hold every row of the input once: with a prediction, or with a reason why not.

    Attributes:
        scored: event columns, prediction, reason; ``raw`` is its text.
        rejected: rows that never reached the model, None where ``scored`` holds them too.
        is_text: predictions and alerts are blocks of lines, ready to be written.
    """

    scored: str
    rejected: str | None
    is_text: bool = False


def score(
    session: FlinkSession, settings: Settings, job: JobSettings, lines: str, line_format: LineFormat
) -> Scored:
    """Lines to predictions: in one step where no feature needs a window, else around the JVM's windows."""
    features = compile_feature_set(job.features, job.events)
    profile = settings.execution.profile
    if not features.windows:
        function = ScoreLines(job, settings.ml, line_format)
        record = _present(session, lines, RECORD_COLUMNS)
        is_stream = bool(record) or settings.ml.drift.enabled
        # A single event is sooner formatted by the JVM than as a batch of one, and Kafka's records have keys.
        if profile == "throughput" and job.sink.kafka is None and PredictionTexts(job).fits:
            written = apply(session, lines, "written", WriteLines(function), profile=profile, keep=record)
            view = computed_once(session, _blocks_only(session, written)) if is_stream else written
            return Scored(view, None, is_text=True)
        scored = apply(session, lines, "scored", function, profile=profile, keep=record)
        return Scored(computed_once(session, scored) if is_stream else scored, None)
    windowed = _windowed(session, settings, job, features, lines, line_format)
    kept = [*(name for name, _ in event_columns(job.events)), *_present(session, windowed, PLACE_COLUMNS)]
    scored = apply(session, windowed, "scored", ScoreColumns(job, settings.ml), profile=profile, keep=kept)
    return Scored(computed_once(session, scored), "events")


def _blocks_only(session: FlinkSession, written: str) -> str:
    """Leave out the rows of a batch that hold nothing: as objects of a stream they would cost more than the rest."""
    wanted = [name for name in names_of(session, written) if name in {"__reason", "__drift", *dict(BLOCK_COLUMNS)}]
    condition = " OR ".join(f"{quote(name)} IS NOT NULL" for name in wanted)
    session.tables.execute_sql(f"CREATE TEMPORARY VIEW blocks AS SELECT * FROM {written} WHERE {condition}")
    return "blocks"


def compute_features(
    session: FlinkSession, settings: Settings, job: JobSettings, lines: str, line_format: LineFormat
) -> Scored:
    """Lines to feature columns, as the model would get them but in double precision."""
    features = compile_feature_set(job.features, job.events)
    windowed = _windowed(session, settings, job, features, lines, line_format)
    function = ComputeFeatures(job)
    made = {name for name, _ in function.outputs}
    kept = [name for name, _ in event_columns(job.events) if name not in made]
    return Scored(apply(session, windowed, "featured", function, profile="throughput", keep=kept), "events")


def _windowed(
    session: FlinkSession,
    settings: Settings,
    job: JobSettings,
    features: FeatureSet,
    lines: str,
    line_format: LineFormat,
) -> str:
    parse = ParseLines(job.events, line_format)
    kept = ["__line", *_present(session, lines, (*RECORD_COLUMNS, SOURCE_TIME))]
    parsed = apply(session, lines, "parsed", parse, profile=settings.execution.profile, keep=kept)
    events = with_event_time(session, parsed, "events", job.events)
    place = _present(session, events, PLACE_COLUMNS)
    return with_windows(session, events, "windowed", features, job.events, keep=place)


def _present(session: FlinkSession, view: str, columns: tuple[str, ...]) -> list[str]:
    names = names_of(session, view)
    return [name for name in columns if name in names]


def write_predictions(
    session: FlinkSession, settings: Settings, job: JobSettings, views: Scored, output: Path
) -> StatementSet:
    """Return the inserts of predictions, alerts and dead letters into folders of ``output`` or the job's topics."""
    statements = _inserts(session, settings, job, views, output)
    if settings.ml.drift.enabled:
        add_drift(session, settings, statements, job, views.scored, output)
    return statements


def _inserts(
    session: FlinkSession, settings: Settings, job: JobSettings, views: Scored, output: Path
) -> StatementSet:
    if views.is_text:
        return _write_blocks(session, settings, job, views, output)
    columns = prediction_columns(job.inference.output_field)
    statements = session.tables.create_statement_set()
    query = _prediction_query(job, views.scored)
    _create_sink(session, job, "predictions", columns, output)
    statements.add_insert_sql(f"INSERT INTO predictions {query}")
    if job.inference.alert_threshold is not None:
        _create_sink(session, job, "alerts", columns, output)
        condition = f"__prediction > CAST({job.inference.alert_threshold!r} AS DOUBLE)"
        statements.add_insert_sql(f"INSERT INTO alerts {query} AND {condition}")
    _add_dead_letters(session, settings, statements, job, views, output)
    return statements


def _create_sink(session: FlinkSession, job: JobSettings, name: str, columns: SqlColumns, output: Path) -> None:
    if job.sink.kafka is None:
        create_json_sink(session, name, columns, output / name)
    else:
        create_kafka_sink(session, name, columns, job, job.sink.kafka)


def _write_blocks(
    session: FlinkSession, settings: Settings, job: JobSettings, views: Scored, output: Path
) -> StatementSet:
    statements = session.tables.create_statement_set()
    for name in ("predictions",) if job.inference.alert_threshold is None else ("predictions", "alerts"):
        create_text_sink(session, name, output / name)
        query = f"SELECT __{name} FROM {views.scored} WHERE __{name} IS NOT NULL"
        statements.add_insert_sql(f"INSERT INTO {name} {query}")
    _add_dead_letters(session, settings, statements, job, views, output)
    return statements


def write_features(session: FlinkSession, job: JobSettings, views: Scored, output: Path) -> StatementSet:
    """Return the inserts of feature rows and dead letters into folders of ``output``."""
    statements = session.tables.create_statement_set()
    columns = feature_columns(job)
    create_csv_sink(session, "features", columns, output / "features")
    listed = ", ".join(quote(name) for name, _ in columns)
    statements.add_insert_sql(f"INSERT INTO features SELECT {listed} FROM {views.scored}")
    # An export tells nothing of the job that runs beside it.
    _add_dead_letters(session, Settings(), statements, job, Scored("", views.rejected), output)
    return statements


def has_windows(job: JobSettings) -> bool:
    """Return whether a feature of the job needs a window, and so its input in the order of event time."""
    return bool(compile_feature_set(job.features, job.events).windows)


def feature_columns(job: JobSettings) -> tuple[tuple[str, str], ...]:
    """Return name and SQL type of an export's columns: event fields, then features.

    A feature that is named like a field stands in the field's place.
    """
    features = dict(ComputeFeatures(job).outputs)
    fields = [(name, features.pop(name, kind)) for name, kind in event_columns(job.events)]
    return *fields, *features.items()


def _prediction_query(job: JobSettings, scored: str) -> str:
    events = job.events
    truth = f"CAST({quote(events.label)} AS DOUBLE)" if events.label else "CAST(NULL AS DOUBLE)"
    return (
        f"SELECT CAST({quote(events.id)} AS STRING), TO_TIMESTAMP_LTZ({quote(events.time)}, 3), "
        f"CAST({quote(events.key)} AS STRING), "
        "__prediction, __label, CASE WHEN CARDINALITY(__scores) > 0 THEN __scores END, "
        "__model, __version, __checksum, __feature_set, "
        "CAST(NULL AS STRING), CAST(NULL AS STRING), __status, __why, __latency_us, "
        f"{truth} FROM {scored} WHERE __reason IS NULL"
    )


def _add_dead_letters(
    session: FlinkSession,
    settings: Settings,
    statements: StatementSet,
    job: JobSettings,
    views: Scored,
    output: Path,
) -> None:
    _create_sink(session, job, "dead_letters", DEAD_LETTER_COLUMNS, output)
    events = job.events
    parts = []
    if views.scored:
        # Past the windows the raw line is gone; the event's fields say as much.
        fields = ", ".join(f"KEY '{name}' VALUE {quote(name)}" for name, _ in event_columns(events))
        parts.append(
            _letter_query(
                session, job, views.scored, "`__line`" if views.rejected is None else f"JSON_OBJECT({fields})", "score"
            )
        )
    if views.rejected is not None:
        parts.append(_letter_query(session, job, _counted(session, settings, job, views.rejected), "`__line`", "parse"))
    statements.add_insert_sql(f"INSERT INTO dead_letters {' UNION ALL '.join(parts)}")


def _counted(session: FlinkSession, settings: Settings, job: JobSettings, view: str) -> str:
    """Let the dead letters of a view pass a counter: which rows are late, no Python function sees before.

    It is there with and without metrics: steps that come and go would not find their state in a savepoint.
    """
    session.tables.execute_sql(
        f"CREATE TEMPORARY VIEW {view}_rejected AS SELECT * FROM {view} WHERE __reason IS NOT NULL"
    )
    function = CountDeadLetters(job.name, settings.ml.metrics)
    kept = [name for name in names_of(session, view) if name not in {"__reason", "__rowtime"}]
    profile = settings.execution.profile
    return apply(session, f"{view}_rejected", f"{view}_counted", function, profile=profile, keep=kept)


def _letter_query(session: FlinkSession, job: JobSettings, view: str, value: str, step: str) -> str:
    events = job.events
    record = _present(session, view, RECORD_COLUMNS)

    def carried(name: str, kind: str) -> str:
        return quote(name) if name in record else f"CAST(NULL AS {kind})"

    categories = " ".join(f"WHEN '{reason}' THEN '{category}'" for reason, category in REASONS.items())
    # A record that cannot be read has no key but its own.
    key = f"COALESCE(CAST({quote(events.key)} AS STRING), {carried('__key', 'STRING')})"
    return (
        f"SELECT {key}, {value}, TO_TIMESTAMP_LTZ({quote(events.time)}, 3), "
        f"{carried('__headers', 'STRING')}, {carried('__partition', 'INT')}, {carried('__offset', 'BIGINT')}, "
        f"__reason, CASE __reason {categories} END, '{job.name}/{step}', CURRENT_TIMESTAMP, 0, __error, "
        f"{carried('__metadata', 'STRING')} FROM {view} WHERE __reason IS NOT NULL"
    )
