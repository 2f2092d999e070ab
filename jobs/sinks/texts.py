"""Streams of texts, which are lines already, into a topic or a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from conf.settings import JobSettings, KafkaSinkSettings
from jobs.flink.environment import FlinkSession
from jobs.sinks.files import write_text
from jobs.sinks.inserts import Inserts
from jobs.sinks.kafka import create_kafka_text_sink

if TYPE_CHECKING:
    from pyflink.datastream import DataStream


def create_text_view(session: FlinkSession, texts: DataStream, name: str) -> None:
    """Register a stream of texts as a view with the column ``f0``."""
    from pyflink.table import DataTypes, Schema

    schema = Schema.new_builder().column("f0", DataTypes.STRING()).build()
    session.tables.create_temporary_view(name, session.tables.from_data_stream(texts, schema))


def insert_texts(
    session: FlinkSession,
    inserts: Inserts,
    job: JobSettings,
    texts: DataStream,
    view: str,
    name: str,
    to: KafkaSinkSettings | Path,
) -> None:
    """Add the insert of a stream of texts into a topic or a folder.

    Args:
        session: of the job.
        inserts: all inserts of the job.
        job: owner of the rows.
        texts: the stream.
        view: name under which SQL reads it.
        name: of the setting that names the topic, and of the table.
        to: settings that have such a topic, or the folder.
    """
    create_text_view(session, texts, view)
    if isinstance(to, Path):
        write_text(inserts, name, f"SELECT f0 FROM {view}", to)
    else:
        create_kafka_text_sink(session, name, job, to)
        inserts.add(f"INSERT INTO {name} SELECT f0 FROM {view}")
