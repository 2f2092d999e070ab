"""Texts of scored batches as a stream in event time, for steps with keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conf.settings import JobSettings
from jobs.flink.environment import FlinkSession
from jobs.flink.sql import View
from state.drift.rows import TIME_DIGITS

if TYPE_CHECKING:
    from pyflink.datastream import DataStream


def timed_texts(session: FlinkSession, job: JobSettings, scored: View, column: str) -> DataStream:
    """Return the stream of a side column of texts, each with its time in front, and watermarks by the job's delay.

    Args:
        session: of the job.
        job: its events say how far out of order they may come.
        scored: view with the column; a stream, for it is read here apart from the others.
        column: its name, without underscores part of the operator's uid.
    """
    from pyflink.common import Duration, WatermarkStrategy
    from pyflink.table import DataTypes, Schema

    time = f"TO_TIMESTAMP_LTZ(CAST(SUBSTRING(__text, 1, {TIME_DIGITS}) AS BIGINT), 3)"
    samples = session.tables.sql_query(f"SELECT {column} AS __text FROM {scored.name} WHERE {column} IS NOT NULL")
    schema = (
        Schema.new_builder()
        .column("__text", DataTypes.STRING())
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
    name = column.strip("_")
    return stream.uid(f"{name}-time").name(f"{name} time").start_new_chain()
