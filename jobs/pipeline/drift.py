"""The drift stream: one task receives the sampled rows of all tasks and emits a JSON line for each judged window.

Each task has its own watermark, at the latest event that it sampled. The slowest counts, so a window ends when all
tasks are past it.
"""

from __future__ import annotations

from pathlib import Path

from conf.experiments.experiment_choice import judged_experiments
from conf.settings import JobSettings, Settings
from jobs.flink.environment import FlinkSession
from jobs.flink.sql import View
from jobs.pipeline.timed_texts import timed_texts
from jobs.sinks.inserts import Inserts
from jobs.sinks.texts import insert_texts
from udfs.columns.side_columns import DRIFT
from udfs.metrics.drift import DriftReport

VIEW = "drift_records"


def add_drift(
    session: FlinkSession, settings: Settings, inserts: Inserts, job: JobSettings, scored: View, output: Path
) -> None:
    """Add the insert of drift records into a folder of ``output`` or the job's topic.

    Args:
        session: of the job.
        settings: of drift, metrics and logs.
        inserts: all other inserts; this one comes last, so that it moves no other operator's uid.
        job: owner of the rows.
        scored: view with the column ``__drift``; a stream, for it is read here apart from the others.
        output: folder of the run.
    """
    from pyflink.common import Types

    from state.process import MergeDrift

    # Beside packed windows it runs in the JVM's process, which outlives the job and would keep the endpoint's port.
    in_process = settings.execution.windows == "sql" and not judged_experiments(settings.ml, job.inference.model_name)
    is_serving = settings.execution.profile == "latency" or in_process
    report = DriftReport(job.name, settings.ml.metrics, settings.ml.logs, is_serving)
    merge = MergeDrift(settings.ml.drift, report)
    keyed = timed_texts(session, job, scored, DRIFT).key_by(lambda row: 0, key_type=Types.INT())
    # The key has an operator of its own, which PyFlink gives no way to name.
    keyed._j_data_stream.getTransformation().getInputs().get(0).setUid("drift-key")
    records = keyed.process(merge, output_type=Types.STRING()).uid("drift-windows").name("drift windows")
    kafka = job.sink.kafka
    to = kafka if kafka is not None and kafka.drift is not None else output / "drift"
    insert_texts(session, inserts, job, records, VIEW, "drift", to)
