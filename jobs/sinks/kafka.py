"""Kafka topics that a job writes: keyed records of JSON."""

from __future__ import annotations

from conf.settings import JobSettings, KafkaSinkSettings
from jobs.flink.environment import FlinkSession
from jobs.flink.sql import create_table
from jobs.kafka.admin import client_properties
from state.sql import SqlColumns


def create_kafka_sink(
    session: FlinkSession, name: str, columns: SqlColumns, job: JobSettings, kafka: KafkaSinkSettings
) -> None:
    """Register a sink of records: the column ``key`` as text is their key, all columns as JSON are their value.

    Args:
        session: to register it in.
        name: of the setting that names the topic, and the table's.
        columns: name and SQL type; absent values are left out of the JSON.
        job: its name is the transaction prefix where none is set.
        kafka: servers, topics and guarantees.
    """
    formats = {
        "key.format": "raw",
        "key.fields": "key",
        "value.format": "json",
        "value.json.timestamp-format.standard": "ISO-8601",
        "value.json.encode.ignore-null-fields": "true",
        "value.json.encode.decimal-as-plain-number": "true",
        "value.fields-include": "ALL",
    }
    _create(session, name, columns, formats, job, kafka)


def create_kafka_text_sink(session: FlinkSession, name: str, job: JobSettings, kafka: KafkaSinkSettings) -> None:
    """Register a sink of texts, records without a key."""
    _create(session, name, (("text", "STRING"),), {"value.format": "raw"}, job, kafka)


def _create(
    session: FlinkSession,
    name: str,
    columns: SqlColumns,
    formats: dict[str, str],
    job: JobSettings,
    kafka: KafkaSinkSettings,
) -> None:
    options = {
        "connector": "kafka",
        "topic": getattr(kafka, name),
        "properties.bootstrap.servers": kafka.servers,
        **formats,
        "sink.delivery-guarantee": kafka.delivery.replace("_", "-"),
    }
    if kafka.delivery == "exactly_once":
        options["sink.transactional-id-prefix"] = f"{kafka.transaction_prefix or job.name}-{name}"
        options["properties.transaction.timeout.ms"] = str(kafka.transaction_timeout_ms)
    options |= {f"properties.{key}": value for key, value in client_properties(kafka.options).items()}
    create_table(session, name, columns, options)
