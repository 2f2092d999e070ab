"""The drift stream: one task receives the sampled rows of all tasks and emits a JSON line for each judged window.

Each task has its own watermark, at the latest event that it sampled. The slowest counts, so a window ends when all
tasks are past it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from conf.settings import JobSettings, Settings
from jobs.flink.environment import FlinkSession
from jobs.flink.sql import View
from jobs.sinks.files import write_text
from jobs.sinks.inserts import Inserts
from jobs.sinks.kafka import create_kafka_text_sink
from state.drift.rows import TIME_DIGITS
from udfs.metrics.drift import DriftReport

if TYPE_CHECKING:
    from pyflink.datastream import DataStream

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
    from pyflink.table import DataTypes, Schema

    from state.process import MergeDrift

    # Beside packed windows it runs in the JVM's process, which outlives the job and would keep the endpoint's port.
    is_serving = settings.execution.profile == "latency" or settings.execution.windows == "sql"
    report = DriftReport(job.name, settings.ml.metrics, settings.ml.logs, is_serving)
    merge = MergeDrift(settings.ml.drift, report)
    keyed = _samples(session, job, scored).key_by(lambda row: 0, key_type=Types.INT())
    # The key has an operator of its own, which PyFlink gives no way to name.
    keyed._j_data_stream.getTransformation().getInputs().get(0).setUid("drift-key")
    records = keyed.process(merge, output_type=Types.STRING()).uid("drift-windows").name("drift windows")
    schema = Schema.new_builder().column("f0", DataTypes.STRING()).build()
    session.tables.create_temporary_view(VIEW, session.tables.from_data_stream(records, schema))
    kafka = job.sink.kafka
    if kafka is not None and kafka.drift is not None:
        create_kafka_text_sink(session, "drift", job, kafka)
        inserts.add(f"INSERT INTO drift SELECT f0 FROM {VIEW}")
    else:
        write_text(inserts, "drift", f"SELECT f0 FROM {VIEW}", output / "drift")


def _samples(session: FlinkSession, job: JobSettings, scored: View) -> DataStream:
    """Return the stream of samples with watermarks, which trail the latest event by the job's delay."""
    from pyflink.common import Duration, WatermarkStrategy
    from pyflink.table import DataTypes, Schema

    time = f"TO_TIMESTAMP_LTZ(CAST(SUBSTRING(__drift, 1, {TIME_DIGITS}) AS BIGINT), 3)"
    samples = session.tables.sql_query(f"SELECT __drift FROM {scored.name} WHERE __drift IS NOT NULL")
    schema = (
        Schema.new_builder()
        .column("__drift", DataTypes.STRING())
        .column_by_expression("__at", time)
        .watermark("__at", "SOURCE_WATERMARK()")
        .build()
    )
    timed = session.tables.from_data_stream(session.tables.to_data_stream(samples), schema)
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_millis(job.events.watermark_delay_ms))
    kafka = job.source.kafka
    if kafka is not None and kafka.idle_timeout_ms:
        strategy = strategy.with_idleness(Duration.of_millis(kafka.idle_timeout_ms))
    stream = session.tables.to_data_stream(timed).assign_timestamps_and_watermarks(strategy)
    # In the latency profile the next operator runs Python in its task's thread, as scoring does. If both shared a
    # thread, each would wait for the interpreter's lock of the other: the lock belongs to an operator, not a thread.
    return stream.uid("drift-time").name("drift time").start_new_chain()
