"""The stream of verdicts: outcomes of scored batches, units counted by shard, and one judge for all shards.

scored ── outcomes ──► units by shard ── sums at each look ──► judge ──► verdicts
   └─ predictions ──► join with labels ──┘
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from conf.experiments.experiment_choice import judged_experiments, paired_experiments
from conf.settings import JobSettings, Settings
from jobs.flink.environment import FlinkSession
from jobs.flink.shards import keyed_parts, shard_labels
from jobs.flink.sql import View
from jobs.pipeline.labels import LabelStreams, outcomes_of_labels
from jobs.pipeline.timed_texts import timed_texts
from jobs.sinks.inserts import Inserts
from jobs.sinks.texts import insert_texts
from udfs.columns.side_columns import OUTCOMES
from udfs.functions.compare_shadows import PAIRED
from udfs.metrics.verdicts import VerdictRecorder
from udfs.verdicts.actions import actions_of
from udfs.verdicts.paired import paired_name, treatments
from udfs.verdicts.settings import judged, paired_judged, paired_trial, trial

if TYPE_CHECKING:
    from pyflink.datastream import DataStream

VIEW = "verdict_records"


def add_verdicts(
    session: FlinkSession,
    settings: Settings,
    inserts: Inserts,
    job: JobSettings,
    scored: View,
    output: Path,
    compared: View | None = None,
    labels: LabelStreams | None = None,
) -> None:
    """Add the insert of verdicts into a folder of ``output`` or the job's topic; Python runs in the JVM's process.

    Args:
        session: of the job.
        settings: of its experiments.
        inserts: all other inserts; this one comes last, so that it moves no other operator's uid.
        job: owner of the rows.
        scored: view with the column ``__outcomes``; a stream, for it is read here apart from the others.
        output: folder of the run.
        compared: what shadows said; None: there are none.
        labels: predictions joined with labels of a stream of their own; None: there is none.
    """
    outcomes = timed_texts(session, job, scored, OUTCOMES)
    if compared is not None and PAIRED in compared.names:
        outcomes = outcomes.union(timed_texts(session, job, compared, PAIRED))
    records = _records(settings, job, outcomes, labels)
    kafka = job.sink.kafka
    to = kafka if kafka is not None and kafka.verdicts is not None else output / "verdicts"
    insert_texts(session, inserts, job, records, VIEW, "verdicts", to)


def _records(settings: Settings, job: JobSettings, outcomes: DataStream, later: LabelStreams | None) -> DataStream:
    from pyflink.common import Types

    from udfs.verdicts.stage import CountUnits, JudgeExperiments, SplitOutcomes

    experiments = judged_experiments(settings.ml, job.inference.model_name)
    labels = shard_labels(settings.execution.max_parallelism)
    part = Types.ROW([Types.INT(), Types.PRIMITIVE_ARRAY(Types.BYTE())])
    parts = outcomes.flat_map(SplitOutcomes(labels), part).uid("verdicts-split").name("outcomes by shard")
    keyed = keyed_parts(parts if later is None else parts.union(outcomes_of_labels(settings, job, later)))
    pairs = [
        (each, treatment)
        for each in paired_experiments(settings.ml, job.inference.model_name)
        for treatment in treatments(each)
    ]
    counted = {each.name: judged(each) for each in experiments}
    count = CountUnits(counted | {paired_name(each.name, treatment): paired_judged(each) for each, treatment in pairs})
    sums_type = Types.ROW([Types.STRING(), Types.LONG(), Types.LONG(), Types.PRIMITIVE_ARRAY(Types.BYTE())])
    sums = keyed.process(count, sums_type).uid("verdicts-units").name("units of experiments")
    by_name = sums.key_by(lambda row: row[0], key_type=Types.STRING())
    # The key has an operator of its own, which PyFlink gives no way to name.
    by_name._j_data_stream.getTransformation().getInputs().get(0).setUid("verdicts-key")
    act = actions_of(settings.ml, experiments, job.name)
    trials = {each.name: trial(each) for each in experiments}
    trials |= {paired_name(each.name, treatment): paired_trial(each, treatment) for each, treatment in pairs}
    # In the throughput profile workers serve the endpoint: the JVM outlives the job, and would keep its port.
    is_serving = settings.execution.profile == "latency"
    judge = JudgeExperiments(trials, act, VerdictRecorder(job.name, settings.ml.metrics, is_serving=is_serving))
    return by_name.process(judge, Types.STRING()).uid("verdicts-judge").name("verdicts")
