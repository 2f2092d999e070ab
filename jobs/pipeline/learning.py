"""The stream that learns: rows with their outcomes by shard, one model or a model a key, and a line for each version.

scored ── samples ──────────────────┐
   └─ predictions ── join ── pairs ─┴► learn in the order in which outcomes became known ──► progress
                                              └─► versions in the registry, snapshots in a folder
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from conf.learning.learning_choice import JobLearning
from conf.settings import JobSettings, Settings
from jobs.flink.environment import FlinkSession
from jobs.flink.shards import keyed_parts, shard_labels
from jobs.flink.sql import View
from jobs.pipeline.labels import LabelStreams
from jobs.pipeline.timed_texts import timed_texts
from jobs.sinks.inserts import Inserts
from jobs.sinks.texts import insert_texts
from state.training.shard import Pace
from udfs.columns.side_columns import SAMPLES
from udfs.learning.publisher import publisher_of
from udfs.learning.settings import combine_of, student_of
from udfs.metrics.learning import LearningRecorder

if TYPE_CHECKING:
    from pyflink.datastream import DataStream

VIEW = "learning_records"


@dataclass(frozen=True)
class LearningSource:
    """Source of rows to learn from.

    Attributes:
        scored: view with the column ``__samples``, where events hold their outcomes; a stream.
        labels: predictions joined with labels of a stream of their own; None: events hold their outcomes.
    """

    scored: View
    labels: LabelStreams | None


def add_learning(
    session: FlinkSession,
    settings: Settings,
    inserts: Inserts,
    job: JobSettings,
    learning: JobLearning,
    source: LearningSource,
    output: Path,
) -> None:
    """Add the insert of progress into a folder of ``output`` or the job's topic; Python runs in the JVM's process.

    Args:
        session: of the job.
        settings: of models and execution.
        inserts: all other inserts; this one comes last, so that it moves no other operator's uid.
        job: owner of the rows.
        learning: of the job.
        source: stream to learn from.
        output: folder of the run.
    """
    from pyflink.common import Types

    from udfs.learning.stage import LearnStage, PublishStage

    # Models of keys are dealt out; one model learns in one place, or in as many as it may have copies.
    labels = shard_labels(settings.execution.max_parallelism)
    labels = labels if learning.key is not None else labels[: learning.shards]
    samples = _samples(session, job, learning, source, labels)
    pace = Pace(learning.update_batch_size, learning.update_interval_ms, learning.checkpoint_interval_ms)
    # In the throughput profile workers serve the endpoint: the JVM outlives the job, and would keep its port.
    is_serving = settings.execution.profile == "latency"
    recorder = LearningRecorder(job.name, learning.model_name, settings.ml.metrics, is_serving=is_serving)
    learn = LearnStage(pace, student_of(job, learning, len(labels)), recorder)
    slot = Types.ROW([Types.INT(), Types.LONG(), Types.PRIMITIVE_ARRAY(Types.BYTE())])
    slots = keyed_parts(samples).process(learn, slot).uid("learning").name("learn")
    gathered = slots.key_by(lambda row: 0, key_type=Types.INT())
    # The key has an operator of its own, which PyFlink gives no way to name.
    gathered._j_data_stream.getTransformation().getInputs().get(0).setUid("learning-key")
    publish = PublishStage(publisher_of(job, learning), combine_of(learning), recorder)
    lines = gathered.process(publish, Types.STRING()).uid("learning-versions").name("publish versions")
    kafka = job.sink.kafka
    to = kafka if kafka is not None and kafka.learning is not None else output / "learning"
    insert_texts(session, inserts, job, lines, VIEW, "learning", to)


def _samples(
    session: FlinkSession, job: JobSettings, learning: JobLearning, source: LearningSource, labels: tuple[int, ...]
) -> DataStream:
    """Return samples, each part with the label of its shard."""
    from udfs.labels.stage import part_type
    from udfs.learning.stage import PairSamples, SplitSamples

    if source.labels is not None:
        pair = PairSamples(source.labels.join, labels, learning.late_share, is_keyed=learning.key is not None)
        samples = source.labels.joined.flat_map(pair, part_type())
    else:
        texts = timed_texts(session, job, source.scored, SAMPLES)
        samples = texts.flat_map(SplitSamples(labels), part_type())
    return samples.uid("learning-samples").name("samples by shard")
