"""Predictions joined with labels of a stream of their own; pairs are outcomes of experiments, and samples to learn.

scored ── predictions ──► by shard of the id ─┐          ┌─► outcomes by shard of the unit
labels ── parse, pack ──► by shard of the id ─┴► join ───┴─► samples of the learner
             └─ malformed ──► dead letters        └─ the others ──► unmatched; all are counted
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from conf.experiments.experiment_choice import judged_experiments
from conf.settings import JobSettings, Settings
from jobs.errors import fail
from jobs.flink.environment import FlinkSession
from jobs.flink.shards import keyed_parts, keyed_rows, shard_labels
from jobs.flink.sql import View, create_view
from jobs.pipeline.steps import apply
from jobs.pipeline.timed_parts import parts_in, timed_parts, with_contents
from jobs.pipeline.timed_texts import timed_texts
from jobs.sinks.dead_letters import letters_query
from jobs.sinks.files import write_json, write_text
from jobs.sinks.inserts import Inserts
from jobs.sinks.kafka import create_kafka_sink, create_kafka_text_sink
from jobs.sinks.rows import sql_columns
from jobs.sinks.texts import create_text_view
from jobs.sources.kafka import RECORD_COLUMNS, SOURCE_TIME
from jobs.sources.labels import find_labels
from jobs.sources.lines import create_input
from state.sql import identifier
from udfs.columns.side_columns import TO_LABEL
from udfs.functions.parse_lines import event_columns
from udfs.labels.job_labels import join_settings, label_events, labels_of
from udfs.labels.label_parts import SIDE_OUTPUTS
from udfs.labels.pack_labels import PackLabels
from udfs.metrics.labels import LabelRecorder
from udfs.rows import DEAD_LETTER

if TYPE_CHECKING:
    from pyflink.datastream import DataStream

    from udfs.labels.settings import LabelSettings
    from udfs.labels.stage import StageOutput

_PREFIX = "label_"
_LETTERS, _UNMATCHED, _COUNTS = "label_dead_letters", "unmatched", "label_counts"


@dataclass(frozen=True)
class LabelStreams:
    """Streams of what becomes of predictions and labels.

    Attributes:
        joined: predictions with or without a label, ``(label, part)`` by the shard of their id.
        join: settings of the join.
        unmatched: texts of lines, each a row without its other side.
        counts: a line a count.
        letters: labels of which some have a reason why they could not be read.
    """

    joined: DataStream
    join: LabelSettings
    unmatched: DataStream
    counts: DataStream
    letters: View


def join_labels(session: FlinkSession, settings: Settings, job: JobSettings, scored: View) -> LabelStreams:
    """Join the predictions of a job with its labels: those of its judged experiments, and all where it learns.

    Args:
        session: of the job, whose Python runs in the JVM's process.
        settings: of its experiments and its learning.
        job: it has labels.
        scored: view with the column ``__predictions_to_label``; a stream, for it is read here apart from the others.
    """
    from pyflink.common import Types

    from udfs.labels.stage import LabelStage, part_type
    from udfs.labels.steps import CountLabels, SplitPredictions, UnmatchedLines

    join = join_settings(job, has_samples=settings.ml.online_learning.enabled)
    shards = shard_labels(settings.execution.max_parallelism)
    packed = _packed(session, settings, job, shards)
    texts = timed_texts(session, job, scored, TO_LABEL)
    predictions = texts.flat_map(SplitPredictions(join, shards), part_type()).uid("labels-predictions")
    both = keyed_parts(predictions.name("predictions by shard")).connect(keyed_parts(_parts(session, packed)))
    # In the throughput profile workers serve the endpoint: the JVM outlives the job, and would keep its port.
    is_serving = settings.execution.profile == "latency"
    recorder = LabelRecorder(job.name, settings.ml.metrics, is_serving=is_serving)
    stage = LabelStage(join, (*SIDE_OUTPUTS, "counts"), recorder)
    joined = both.process(stage, part_type()).uid("labels").name("join labels")
    unmatched = []
    for name in (None, *SIDE_OUTPUTS):
        stream = joined if name is None else _side(joined, name)
        lines = stream.flat_map(UnmatchedLines(join, name), Types.STRING())
        unmatched.append(lines.uid(f"labels-{name or 'unlabelled'}").name(f"{name or 'unlabelled'} rows"))
    counted = keyed_rows(_side(joined, "counts"), Types.STRING(), Types.LONG())
    counts = counted.process(CountLabels(), Types.STRING()).uid("labels-counts").name("counts of labels")
    first, *others = unmatched
    return LabelStreams(joined, join, first.union(*others), counts, packed)


def outcomes_of_labels(settings: Settings, job: JobSettings, labels: LabelStreams) -> DataStream:
    """Return outcomes of judged experiments' labelled predictions, each with the label of the shard of their units."""
    from udfs.labels.stage import part_type
    from udfs.labels.steps import PairOutcomes

    judged = judged_experiments(settings.ml, job.inference.model_name)
    verdicts = {each.name: each.verdict for each in judged if each.verdict is not None}
    pair = PairOutcomes(labels.join, shard_labels(settings.execution.max_parallelism), verdicts)
    return labels.joined.flat_map(pair, part_type()).uid("labels-outcomes").name("outcomes of pairs")


def add_label_sinks(
    session: FlinkSession, inserts: Inserts, job: JobSettings, streams: LabelStreams, output: Path
) -> None:
    """Add the inserts of dead letters, unmatched rows and counts into folders of ``output`` or the job's topics."""
    kafka, events = job.sink.kafka, label_events(labels_of(job))
    query = letters_query(_with_fields(session, streams.letters, job), events, f"{job.name}/labels")
    columns = sql_columns(DEAD_LETTER)
    if kafka is not None and kafka.label_dead_letters is not None:
        create_kafka_sink(session, _LETTERS, columns, job, kafka)
        inserts.add(f"INSERT INTO {_LETTERS} {query}")
    else:
        write_json(inserts, _LETTERS, columns, query, output / _LETTERS)
    create_text_view(session, streams.unmatched, "unmatched_texts")
    if kafka is not None and kafka.unmatched is not None:
        create_kafka_text_sink(session, _UNMATCHED, job, kafka)
        each = "unmatched_texts CROSS JOIN UNNEST(SPLIT(f0, U&'\\000A')) AS `lines` (line)"
        inserts.add(f"INSERT INTO {_UNMATCHED} SELECT line FROM {each}")
    else:
        write_text(inserts, _UNMATCHED, "SELECT f0 FROM unmatched_texts", output / _UNMATCHED)
    create_text_view(session, streams.counts, "counts_of_labels")
    write_text(inserts, _COUNTS, "SELECT f0 FROM counts_of_labels", output / _COUNTS)


def _packed(session: FlinkSession, settings: Settings, job: JobSettings, shards: tuple[int, ...]) -> View:
    """Return packed batches of labels, in event time."""
    source, events = find_labels(job), label_events(labels_of(job))
    if source is None:
        fail(f"job {job.name!r}", "expected labels, got none")
    # One task reads files in order, and the watermarks of topics are made where they are read.
    lines = create_input(session, source, events, _PREFIX, has_windows=True)
    kept = [name for name in (*(name for name, _ in RECORD_COLUMNS), SOURCE_TIME) if name in lines.names]
    pack = PackLabels(events, source.line_format(events), shards)
    packed = apply(session, lines, f"{_PREFIX}packed", pack, profile=settings.execution.profile, keep=kept)
    return timed_parts(session, with_contents(session, packed), events, has_source_time=SOURCE_TIME in lines.names)


def _parts(session: FlinkSession, packed: View) -> DataStream:
    """Return the parts of packed batches, each with the label of its shard."""
    from udfs.labels.stage import part_type
    from udfs.windows.stage import labelled

    parts = parts_in(session, packed)
    by_shard = parts.map(labelled, part_type()).uid("labels-parts").name("labels by shard")
    # The first label of a prediction is the one that counts, so labels must not overtake each other.
    return by_shard.set_parallelism(parts._j_data_stream.getParallelism())


def _side(joined: DataStream, name: StageOutput) -> DataStream:
    """Return a side output of the join, which has an operator of its own."""
    from udfs.labels.stage import side_output

    return joined.get_side_output(side_output(name)).uid(f"labels-side-{name}").name(f"{name} of labels")


def _with_fields(session: FlinkSession, packed: View, job: JobSettings) -> View:
    """Return packed labels with the columns of id and time, which a dead letter of a label lacks."""
    labels = labels_of(job)
    kinds = dict(event_columns(label_events(labels)))
    added = [(name, kinds[name]) for name in dict.fromkeys((labels.id, labels.time))]
    listed = ", ".join([*map(identifier, packed.names), *(f"CAST(NULL AS {k}) AS {identifier(n)}" for n, k in added)])
    query = f"SELECT {listed} FROM {packed.name}"
    return create_view(session, f"{_PREFIX}letters", (*packed.columns, *added), query)
