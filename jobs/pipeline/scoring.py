"""From lines to scored rows, or to features alone: the part of the pipeline that the input's order decides."""

from __future__ import annotations

from dataclasses import dataclass

from conf.settings import JobSettings, Settings
from jobs.flink.environment import FlinkSession
from jobs.flink.sql import View, create_view
from jobs.pipeline.sliding import PartViews, rows_of, run_on_parts, window_parts
from jobs.pipeline.steps import apply, computed_once, with_event_time, with_windows
from jobs.pipeline.window_plans import naming_filters
from jobs.sinks.copies import has_copies
from jobs.sources.kafka import PLACE_COLUMNS, RECORD_COLUMNS, SOURCE_TIME
from state.sql import identifier
from udfs.columns.side_columns import SIDE_COLUMNS, side_columns
from udfs.experiments.open_arms import model_choices
from udfs.features.feature_set import FeatureSet, compile_feature_set
from udfs.functions.compute_features import ComputeFeatures
from udfs.functions.parse_in_order import ParseInOrder
from udfs.functions.parse_lines import RECORD_TIME, ParseLines, event_columns
from udfs.functions.prediction_texts import PredictionTexts
from udfs.functions.score_columns import ScoreColumns
from udfs.functions.score_lines import ScoreLines
from udfs.functions.write_lines import BLOCK_COLUMNS, WriteLines
from udfs.parsing.lines import LineFormat
from udfs.rows import prediction_row, record_columns
from udfs.scoring.model_source import raw_fields
from udfs.windows.on_parts import OnParts
from udfs.windows.write_parts import WriteParts

_EVENTS = "events"
_RECORD = tuple(name for name, _ in RECORD_COLUMNS)


@dataclass(frozen=True)
class ScoringViews:
    """Views that hold every row of the input once: with its result, or with the reason why it has none.

    Attributes:
        scored: event columns and prediction, or feature columns; rows that could not be scored have a reason.
        rejected: every parsed row; those with a reason never reached the model. None where ``scored`` holds them too.
        blocks: predictions and alerts as blocks of lines, ready to be written; None: ``scored`` has them as rows.
    """

    scored: View
    rejected: View | None
    blocks: View | None = None

    def with_side(self, column: str) -> View:
        """Return the view that has a column for another step."""
        # A piece has several of its values, which are taken apart into rows as its dead letters are.
        whole = (column, dict(SIDE_COLUMNS)[column])
        return self.scored if self.blocks is None or whole not in self.blocks.columns else self.blocks


@dataclass(frozen=True)
class _WindowViews:
    """Views of a job with windows, before the model.

    Attributes:
        events: every parsed row, with its event time or with the reason why it is a dead letter.
        windowed: the rows without a reason, with the aggregates of their windows.
    """

    events: View
    windowed: View


def score(
    session: FlinkSession, settings: Settings, job: JobSettings, lines: View, line_format: LineFormat
) -> ScoringViews:
    """Turn lines into predictions: in one step where no feature needs a window, else around the JVM's windows."""
    features = compile_feature_set(job.features, job.events)
    if not features.is_keyed:
        return _score_lines(session, settings, job, lines, ScoreLines(job, settings.ml, line_format))
    if settings.execution.windows == "sliding":
        function = ScoreColumns(job, settings.ml)
        parts = window_parts(session, settings, job, features, lines, line_format, keep=columns_through_windows())
        return _score_parts(session, settings, job, lines, parts, function)
    # The fields that a model reads raw are arguments of the function, so the model decides the plan.
    choices = (choice for _, choice in model_choices(settings.ml, job.inference))
    function = ScoreColumns(job, settings.ml, raw_fields(settings.ml, choices, features))
    kept = [*(name for name, _ in event_columns(job.events)), *_RECORD]
    with naming_filters(session, features, _EVENTS):
        views = _window(session, settings, job, features, lines, line_format)
        scored = apply(session, views.windowed, "scored", function, profile=settings.execution.profile, keep=kept)
        return ScoringViews(computed_once(session, scored), views.events)


def _score_lines(
    session: FlinkSession, settings: Settings, job: JobSettings, lines: View, function: ScoreLines
) -> ScoringViews:
    profile = settings.execution.profile
    is_stream = bool(lines.only(_RECORD) or side_columns(job, settings.ml)) or has_copies(job.sink)
    # A single event is sooner formatted by the JVM than as a batch of one.
    if profile == "throughput" and is_written_by_workers(job, lines):
        written = apply(session, lines, "written", WriteLines(function), profile=profile, keep=_RECORD)
        view = computed_once(session, _blocks_only(session, written)) if is_stream else written
        return ScoringViews(view, None, view)
    scored = apply(session, lines, "scored", function, profile=profile, keep=_RECORD)
    return ScoringViews(computed_once(session, scored) if is_stream else scored, None)


def _score_parts(
    session: FlinkSession, settings: Settings, job: JobSettings, lines: View, parts: PartViews, function: ScoreColumns
) -> ScoringViews:
    profile = settings.execution.profile
    keep = tuple(column for column in parts.columns if column[0] in {*dict(event_columns(job.events)), *_RECORD})
    if profile == "throughput" and is_written_by_workers(job, lines):
        write = WriteParts(function, parts.columns, keep)
        written = run_on_parts(session, parts, "written", write, profile=profile)
        return ScoringViews(rows_of(session, written, "scored", write.rows), parts.rejected, written)
    on_parts = OnParts(function, parts.columns, keep)
    scored = run_on_parts(session, parts, "scored_parts", on_parts, profile=profile)
    return ScoringViews(rows_of(session, scored, "scored", on_parts.rows), parts.rejected)


def is_written_by_workers(job: JobSettings, lines: View) -> bool:
    """Return whether workers can write a job's predictions as text.

    They cannot where predictions go to Kafka, whose records have keys, carry columns of the record they came in, or are
    read again for copies.
    """
    reads_record = bool(lines.only(record_columns(prediction_row())))
    is_plain = job.sink.kafka is None and not has_copies(job.sink)
    return is_plain and not reads_record and PredictionTexts(job).fits


def _blocks_only(session: FlinkSession, written: View) -> View:
    """Leave out the rows of a batch that hold nothing: as objects of a stream they would cost more than the rest."""
    wanted = {"__dead_letter_reason", *dict(SIDE_COLUMNS), *dict(BLOCK_COLUMNS)}
    condition = " OR ".join(f"{identifier(name)} IS NOT NULL" for name in written.names if name in wanted)
    return create_view(session, "blocks", written.columns, f"SELECT * FROM {written.name} WHERE {condition}")


def compute_features(
    session: FlinkSession, settings: Settings, lines: View, line_format: LineFormat, function: ComputeFeatures
) -> ScoringViews:
    """Turn lines into feature columns, as the model would get them but in double precision."""
    job, features = function.job, function.features
    made = {name for name, _ in function.outputs}
    kept = [name for name, _ in event_columns(job.events) if name not in made]
    if settings.execution.windows == "sliding" and features.is_keyed:
        parts = window_parts(session, settings, job, features, lines, line_format, keep=())
        on_parts = OnParts(function, parts.columns, tuple(c for c in parts.columns if c[0] in kept))
        found = run_on_parts(session, parts, "featured_parts", on_parts, profile="throughput")
        return ScoringViews(rows_of(session, found, "featured", on_parts.rows), parts.rejected)
    with naming_filters(session, features, _EVENTS):
        views = _window(session, settings, job, features, lines, line_format)
    featured = apply(session, views.windowed, "featured", function, profile="throughput", keep=kept)
    return ScoringViews(featured, views.events)


def _window(
    session: FlinkSession,
    settings: Settings,
    job: JobSettings,
    features: FeatureSet,
    lines: View,
    line_format: LineFormat,
) -> _WindowViews:
    # One task parses files, in their order; the source of topics has made their watermarks.
    function = ParseLines if SOURCE_TIME in lines.names else ParseInOrder
    parse = function(job.events, line_format, job.carried)
    kept = ["__line", *_RECORD, SOURCE_TIME, *dict(RECORD_TIME)]
    parsed = apply(session, lines, "parsed", parse, profile=settings.execution.profile, keep=kept)
    events = with_event_time(session, parsed, _EVENTS, job.events)
    windowed = with_windows(session, events, "windowed", features, job.events, keep=columns_through_windows())
    return _WindowViews(events, windowed)


def columns_through_windows() -> list[str]:
    """Return what of a Kafka record passes the windows: its place, and what predictions carry on."""
    carried = {*PLACE_COLUMNS, *record_columns(prediction_row())}
    return [name for name in _RECORD if name in carried]


def has_windows(job: JobSettings) -> bool:
    """Return whether a feature of the job needs a window or a tracker, and so its input in the order of event time."""
    return compile_feature_set(job.features, job.events).is_keyed


def feature_columns(job: JobSettings) -> tuple[tuple[str, str], ...]:
    """Return name and SQL type of an export's columns: event fields, then features.

    A feature that is named like a field stands in the field's place.
    """
    features = dict(ComputeFeatures(job).outputs)
    fields = [(name, features.pop(name, kind)) for name, kind in event_columns(job.events)]
    return *fields, *features.items()
