"""Runs that read or write Kafka: the connector, the check of topics, and the stop of endless jobs."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from conf.settings import JobSettings
from jobs.flink.environment import FlinkSession, is_submitted
from jobs.flink.file_urls import file_url
from jobs.kafka.admin import TopicRequest, check_topics
from jobs.kafka.jars import connector_jar
from jobs.sinks.kafka import TOPICS
from jobs.sources.files import InputFiles
from jobs.sources.kafka import KafkaInput
from state.sql import literal

if TYPE_CHECKING:
    from pyflink.common import JobClient
    from pyflink.table import TableResult

_LOOK_S = 0.5


@dataclass(frozen=True)
class StopResult:
    """The end of an endless job.

    Attributes:
        savepoint: path of its state; None: the job was cancelled, or runs on, on a cluster.
    """

    savepoint: str | None


def add_connector(session: FlinkSession, job: JobSettings, source: InputFiles | KafkaInput) -> None:
    """Give a session the connector's jar where its job reads or writes Kafka, and check that the topics are there.

    Raises:
        JobError: the jar was not fetched, the brokers do not answer, or a topic is missing.
    """
    asked = list(_asked(job, source))
    if not asked:
        return
    jar = connector_jar()
    # Add the jar for the job and our own clients, and then for the planner, whose class loader exists already.
    session.env.add_jars(file_url(jar))
    session.tables.execute_sql(f"ADD JAR {literal(jar.as_posix())}")
    # A submitting client may reach other machines than the cluster does, so it does not check topics.
    for each in () if is_submitted() else asked:
        check_topics(each)


def is_endless(source: InputFiles | KafkaInput) -> bool:
    """Return whether a job that reads this runs until somebody stops it."""
    return isinstance(source, KafkaInput) and not source.is_bounded


def wait_until_stopped(result: TableResult, savepoints: Path) -> StopResult:
    """Wait for an endless job; SIGINT and SIGTERM stop it with a savepoint, a second one cancels it.

    By then the job has written all that it read, and its transactions have ended: a job that starts from ``committed``
    goes on from here.
    """
    client = result.get_job_client()
    # On a thread of its own: an interrupt within a call to the JVM would break that connection.
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(result.wait)
        try:
            while not waiting.done():
                wait([waiting], timeout=_LOOK_S)
        except KeyboardInterrupt:
            return _stop(client, savepoints) if client is not None else StopResult(None)
        waiting.result()
    return StopResult(None)


def _stop(client: JobClient, savepoints: Path) -> StopResult:
    from pyflink.java_gateway import get_gateway

    # PyFlink's own method leaves out the format, which Flink's wants.
    kinds = get_gateway().jvm.org.apache.flink.core.execution.SavepointFormatType
    stopped = client._j_job_client.stopWithSavepoint(False, file_url(savepoints), kinds.CANONICAL)
    try:
        return StopResult(str(stopped.get()))
    except KeyboardInterrupt:
        client.cancel().result()
        return StopResult(None)


def _asked(job: JobSettings, source: InputFiles | KafkaInput) -> Iterator[TopicRequest]:
    if isinstance(source, KafkaInput):
        read = source.settings
        yield TopicRequest("job.source.kafka", read.servers, read.options, read.topics, is_written=False)
    kafka = job.sink.kafka
    if kafka is not None:
        topics = [getattr(kafka, name) for name in (*TOPICS, "drift") if getattr(kafka, name) is not None]
        yield TopicRequest("job.sink.kafka", kafka.servers, kafka.options, topics, is_written=True)
