"""From scored rows to a job's sinks: the inserts of predictions, alerts, dead letters and features."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from conf.experiments.experiment_choice import judged_experiments, shadow_experiments
from conf.learning.learning_choice import learning_of
from conf.settings import EventSettings, JobSettings, MetricsSettings, Settings
from jobs.flink.environment import FlinkSession
from jobs.flink.overrides import run_in_thread
from jobs.flink.sql import View, create_view
from jobs.pipeline.drift import add_drift
from jobs.pipeline.labels import add_label_sinks, join_labels
from jobs.pipeline.learning import LearningSource, add_learning
from jobs.pipeline.scoring import ScoringViews, feature_columns
from jobs.pipeline.shadows import add_shadows
from jobs.pipeline.steps import apply
from jobs.pipeline.verdicts import add_verdicts
from jobs.sinks.copies import RowQuery, add_copies, has_copies
from jobs.sinks.dead_letters import letters_query
from jobs.sinks.files import write_csv, write_json, write_text
from jobs.sinks.inserts import Inserts
from jobs.sinks.kafka import create_kafka_sink
from jobs.sinks.rows import expressions, sql_columns
from state.sql import identifier, literal
from udfs.columns.side_columns import DRIFT, OUTCOMES, SAMPLES, SHADOW, TO_LABEL
from udfs.functions.count_dead_letters import CountDeadLetters
from udfs.functions.parse_lines import event_columns
from udfs.rows import DEAD_LETTER, predictions_of


def write_predictions(
    session: FlinkSession, settings: Settings, job: JobSettings, views: ScoringViews, output: Path
) -> Inserts:
    """Return the inserts of predictions, alerts and dead letters into folders of ``output`` or the job's topics."""
    is_judged = bool(judged_experiments(settings.ml, job.inference.model_name))
    learning = learning_of(settings.ml, job)
    if is_judged or learning is not None:
        run_in_thread(session)
    writing = _Writing(session, settings, job, output, Inserts(session))
    if views.blocks is not None:
        writing.add_blocks(views.blocks)
    else:
        writing.add_predictions(views.scored)
    writing.add_dead_letters(views.scored, views.rejected)
    if settings.ml.drift.enabled:
        add_drift(session, settings, writing.inserts, job, views.with_side(DRIFT), output)
    compared = None
    if shadow_experiments(settings.ml, job.inference.model_name):
        compared = add_shadows(session, settings, writing.inserts, job, views.with_side(SHADOW), output)
    labels = None
    if job.labels is not None:
        labels = join_labels(session, settings, job, views.with_side(TO_LABEL))
    if is_judged:
        add_verdicts(session, settings, writing.inserts, job, views.with_side(OUTCOMES), output, compared, labels)
    if labels is not None:
        add_label_sinks(session, writing.inserts, job, labels, output)
    if learning is not None:
        source = LearningSource(views.with_side(SAMPLES), labels)
        add_learning(session, settings, writing.inserts, job, learning, source, output)
    if has_copies(job.sink):
        writing.add_copies(views.scored, views.rejected)
    return writing.inserts


def write_features(session: FlinkSession, job: JobSettings, views: ScoringViews, output: Path) -> Inserts:
    """Return the inserts of feature rows and dead letters into folders of ``output``."""
    # An export must not change the metrics of the job that runs at the same time.
    writing = _Writing(session, Settings(), job, output, Inserts(session))
    columns = feature_columns(job)
    listed = ", ".join(identifier(name) for name, _ in columns)
    query = f"SELECT {listed} FROM {views.scored.name}"
    write_csv(writing.inserts, "features", columns, query, output / "features")
    writing.add_dead_letters(None, views.rejected)
    return writing.inserts


def queries_of_rows(
    session: FlinkSession, settings: Settings, job: JobSettings, views: ScoringViews
) -> tuple[RowQuery, RowQuery]:
    """Return the queries of predictions and of dead letters, for a reader of rows.

    Args:
        session: session of the views.
        settings: whose metrics count dead letters.
        job: events and inference.
        views: every row of the input once, as rows.
    """
    writing = _Writing(session, settings, job, Path(), Inserts(session))
    predictions = next(writing.predictions(views.scored))
    return predictions, writing.dead_letters(views.scored, writing.counted(views.rejected))


@dataclass(frozen=True)
class _Writing:
    """The inserts of one job; the order in which they are added decides the uids of its operators."""

    session: FlinkSession
    settings: Settings
    job: JobSettings
    output: Path
    inserts: Inserts

    def add_predictions(self, scored: View) -> None:
        """Add predictions, and alerts where the job has a threshold, row by row."""
        for rows in self.predictions(scored):
            self._write(rows)

    def add_blocks(self, written: View) -> None:
        """Add predictions and alerts that workers wrote as blocks of lines."""
        for name in ("predictions",) if self.job.inference.alert_threshold is None else ("predictions", "alerts"):
            query = f"SELECT __{name} FROM {written.name} WHERE __{name} IS NOT NULL"
            write_text(self.inserts, name, query, self.output / name, kind="BYTES")

    def add_dead_letters(self, scored: View | None, rejected: View | None) -> None:
        """Add the rows that have a reason: scored ones, and rejected ones where a view holds them apart."""
        self._write(self.dead_letters(scored, self.counted(rejected)))

    def add_copies(self, scored: View, rejected: View | None) -> None:
        """Add the inserts that the job's sink asks for in addition to those of folders or topics."""
        # A second counter must count nothing; a shared one would move the uids of what comes after it.
        letters = None if rejected is None else self._counted(rejected, "copied", Settings().ml.metrics)
        rows = [*self.predictions(scored), self.dead_letters(scored, letters)]
        add_copies(self.session, self.job.sink, self.inserts, rows)

    def predictions(self, scored: View) -> Iterator[RowQuery]:
        """Yield the query of predictions, and that of alerts where the job has a threshold."""
        columns = predictions_of(self.job)
        listed = ", ".join(expressions(columns, scored, self.job.events))
        query = f"SELECT {listed} FROM {scored.name} WHERE __dead_letter_reason IS NULL"
        yield RowQuery("predictions", sql_columns(columns), query)
        threshold = self.job.inference.alert_threshold
        if threshold is not None:
            condition = f"__prediction > CAST({threshold!r} AS DOUBLE)"
            yield RowQuery("alerts", sql_columns(columns), f"{query} AND {condition}")

    def dead_letters(self, scored: View | None, rejected: View | None) -> RowQuery:
        """Return the query of the rows that have a reason."""
        queries = []
        if scored is not None:
            # Past the windows the raw line is gone; the event's fields say as much.
            past_windows = None if rejected is None else _fields_as_json(self.job.events)
            queries.append(letters_query(scored, self.job.events, f"{self.job.name}/score", value=past_windows))
        if rejected is not None:
            queries.append(letters_query(rejected, self.job.events, f"{self.job.name}/parse"))
        return RowQuery("dead_letters", sql_columns(DEAD_LETTER), " UNION ALL ".join(queries))

    def _write(self, rows: RowQuery) -> None:
        kafka = self.job.sink.kafka
        if kafka is None:
            write_json(self.inserts, rows.kind, rows.columns, rows.query, self.output / rows.kind)
        else:
            create_kafka_sink(self.session, rows.kind, rows.columns, self.job, kafka)
            self.inserts.add(f"INSERT INTO {rows.kind} {rows.query}")

    def counted(self, rejected: View | None) -> View | None:
        """Return the rejected rows, which pass a counter first."""
        return None if rejected is None else self._counted(rejected, "counted", self.settings.ml.metrics)

    def _counted(self, view: View, name: str, metrics: MetricsSettings) -> View:
        """Let the dead letters of a view pass a counter: no Python function before it sees which rows are late.

        It is there with and without metrics: steps that come and go would not find their state in a savepoint.
        """
        query = f"SELECT * FROM {view.name} WHERE __dead_letter_reason IS NOT NULL"
        rejected = create_view(self.session, f"{view.name}_rejected_{name}", view.columns, query)
        function = CountDeadLetters(self.job.name, metrics)
        kept = [name for name in view.names if name not in dict(function.inputs)]
        profile = self.settings.execution.profile
        return apply(self.session, rejected, f"{view.name}_{name}", function, profile=profile, keep=kept)


def _fields_as_json(events: EventSettings) -> str:
    members = (f"KEY {literal(name)} VALUE {identifier(name)}" for name, _ in event_columns(events))
    return f"JSON_OBJECT({', '.join(members)})"
