"""The stream of drift: sampled rows of all tasks to one task, and a line of JSON for each window that is judged."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from conf.settings import JobSettings, Settings
from jobs.environment import FlinkSession
from jobs.kafka_sink import create_kafka_text_sink
from jobs.sinks import create_text_sink
from udfs.metrics.drift import DriftReport

if TYPE_CHECKING:
    from pyflink.table import StatementSet

VIEW = "drift_records"


def add_drift(
    session: FlinkSession, settings: Settings, statements: StatementSet, job: JobSettings, scored: str, output: Path
) -> None:
    """Add the insert of drift records into a folder of ``output`` or the job's topic.

    Args:
        session: where.
        settings: how drift is measured.
        statements: what the insert is added to, after all others: what it adds to the plan moves no other uid.
        job: whose rows.
        scored: view with the column ``__drift``; a stream, for it is read here apart from the others.
        output: folder of the run.
    """
    from pyflink.common import Types
    from pyflink.table import DataTypes, Schema

    from state.process import MergeDrift

    samples = session.tables.sql_query(f"SELECT __drift FROM {scored} WHERE __drift IS NOT NULL")
    report = DriftReport(settings.ml.metrics, settings.ml.logs)
    merge = MergeDrift(settings.ml.drift, job.events.watermark_delay_ms, report)
    keyed = session.tables.to_data_stream(samples).key_by(lambda row: 0, key_type=Types.INT())
    # The key has an operator of its own, which PyFlink gives no way to name.
    keyed._j_data_stream.getTransformation().getInputs().get(0).setUid("drift-key")
    records = keyed.process(merge, output_type=Types.STRING()).uid("drift-windows").name("drift windows")
    schema = Schema.new_builder().column("f0", DataTypes.STRING()).build()
    session.tables.create_temporary_view(VIEW, session.tables.from_data_stream(records, schema))
    kafka = job.sink.kafka
    if kafka is not None and kafka.drift is not None:
        create_kafka_text_sink(session, "drift", job, kafka)
    else:
        create_text_sink(session, "drift", output / "drift")
    statements.add_insert_sql(f"INSERT INTO drift SELECT f0 FROM {VIEW}")
