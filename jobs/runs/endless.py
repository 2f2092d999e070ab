"""Runs with Kafka or a database: the connectors, the check of topics and tables, and the stop of endless jobs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from conf.kafka import TOPICS_OF_SINK
from conf.settings import JobSettings
from jobs.flink.environment import FlinkSession, is_submitted
from jobs.flink.file_urls import file_url
from jobs.flink.root_cause import root_cause
from jobs.kafka.admin import TopicRequest, check_topics
from jobs.kafka.jars import JDBC, connector_jar, find_jars
from jobs.run_folder.summary import Summary
from jobs.sinks.jdbc import make_tables
from jobs.sinks.rows import sql_columns
from jobs.sources.files import InputFiles
from jobs.sources.kafka import KafkaInput
from state.sql import literal
from udfs.rows import predictions_of

if TYPE_CHECKING:
    from pyflink.common import JobClient

_Answer = TypeVar("_Answer")
_LOOK_S = 0.5


@dataclass(frozen=True)
class StopResult:
    """The end of an endless job.

    Attributes:
        savepoint: path of its state; None: the job was cancelled, or runs on, on a cluster.
        summary: its figures; None: it runs on, on a cluster.
    """

    savepoint: str | None
    summary: Summary | None = None


def add_connector(session: FlinkSession, job: JobSettings, source: InputFiles | KafkaInput) -> None:
    """Give a session the connectors' jars that its job needs, check that its topics are there, and make its tables.

    Raises:
        JobError: a jar was not fetched, brokers or database do not answer, or a topic is missing.
    """
    asked = list(_asked(job, source))
    jdbc = job.sink.jdbc
    jars = [*([connector_jar()] if asked else []), *(find_jars(JDBC) if jdbc is not None else [])]
    for jar in jars:
        # Add the jar for the job and our own clients, and then for the planner, whose class loader exists already.
        session.env.add_jars(file_url(jar))
        session.tables.execute_sql(f"ADD JAR {literal(jar.as_posix())}")
    # A submitting client may reach other machines than the cluster does, so it checks neither topics nor tables.
    if is_submitted():
        return
    for each in asked:
        check_topics(each)
    if jdbc is not None:
        make_tables(jdbc, sql_columns(predictions_of(job)))


def is_endless(source: InputFiles | KafkaInput) -> bool:
    """Return whether a job that reads this input runs until it is stopped."""
    return isinstance(source, KafkaInput) and not source.is_bounded


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def wait_until_stopped(client: JobClient, savepoints: Path, say: Callable[[str], None] = _say) -> StopResult:
    """Wait for an endless job; SIGINT and SIGTERM stop it with a savepoint, a second one cancels it.

    If the savepoint fails, the job continues, because its checkpoints would end with it: ``say`` gets the reason.

    By then the job has written all that it read, and its transactions have ended. A job that starts from the savepoint
    continues from here. The offsets of the consumer group may be some rows behind, as Flink does not wait until they
    are committed.
    """
    # Calls to the JVM on threads of their own: an interrupt within one would break its connection.
    with ThreadPoolExecutor() as pool:
        try:
            _await(pool.submit(wait_for_end, client))
        except KeyboardInterrupt:
            return _stop(client, savepoints, pool, say)
    return StopResult(None)


def wait_for_end(client: JobClient) -> None:
    """Wait until a job has ended; raise what ended it."""
    client.get_job_execution_result().result()


def _stop(client: JobClient, savepoints: Path, pool: ThreadPoolExecutor, say: Callable[[str], None]) -> StopResult:
    try:
        try:
            return StopResult(_await(pool.submit(_stop_with_savepoint, client, savepoints)))
        except Exception as error:
            cause = root_cause(str(error))
            say(f"the savepoint failed, so the job goes on: {cause}; Ctrl-C again cancels it, and its state is lost")
            _await(pool.submit(wait_for_end, client))
    except KeyboardInterrupt:
        _await(pool.submit(lambda: client.cancel().result()))
    return StopResult(None)


def _stop_with_savepoint(client: JobClient, savepoints: Path) -> str:
    from pyflink.java_gateway import get_gateway

    # PyFlink's own method leaves out the format, which Flink's wants.
    kinds = get_gateway().jvm.org.apache.flink.core.execution.SavepointFormatType
    return str(client._j_job_client.stopWithSavepoint(False, file_url(savepoints), kinds.CANONICAL).get())


def _await(future: Future[_Answer]) -> _Answer:
    """Return the result of a call, in a way that lets signals through."""
    while not future.done():
        wait([future], timeout=_LOOK_S)
    return future.result()


def _asked(job: JobSettings, source: InputFiles | KafkaInput) -> Iterator[TopicRequest]:
    if isinstance(source, KafkaInput):
        read = source.settings
        yield TopicRequest("job.source.kafka", read.servers, read.options, read.topics, is_written=False)
    if job.labels is not None and job.labels.kafka is not None:
        of_labels = job.labels.kafka
        asked = (of_labels.servers, of_labels.options, of_labels.topics)
        yield TopicRequest("job.labels.kafka", *asked, is_written=False)
    kafka = job.sink.kafka
    if kafka is not None:
        named = (getattr(kafka, name) for name in TOPICS_OF_SINK)
        topics = [topic for topic in named if topic is not None]
        yield TopicRequest("job.sink.kafka", kafka.servers, kafka.options, topics, is_written=True)
