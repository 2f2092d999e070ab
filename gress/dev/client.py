"""A client of a Kafka broker for trials, with confluent-kafka."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from jobs.errors import fail, refuse

if TYPE_CHECKING:
    from confluent_kafka import Consumer, Producer
    from confluent_kafka.admin import AdminClient

_ANSWER_S = 10.0
# The library writes connection failures to stderr by itself; the caller gets them as errors.
_QUIET: dict[str, Any] = {"log_level": 0, "error_cb": lambda error: None}


def open_producer(servers: str) -> Producer:
    """Return a producer of a broker that answers, idempotent and in batches.

    Raises:
        JobError: confluent-kafka is not installed, or no broker answers.
    """
    options = {"enable.idempotence": True, "linger.ms": 20, "compression.type": "lz4"}
    producer: Producer = _library().Producer({**_QUIET, "bootstrap.servers": servers, **options})
    _check(servers, producer)
    return producer


def open_consumer(servers: str, *, start: str) -> Consumer:
    """Return a consumer of committed records that belongs to no group.

    Args:
        servers: HOST:PORT of the broker.
        start: ``earliest`` or ``latest``.

    Raises:
        JobError: confluent-kafka is not installed, or no broker answers.
    """
    options = {
        "group.id": "gress-dev-consume",
        "enable.auto.commit": False,
        "enable.partition.eof": True,
        "isolation.level": "read_committed",
        "auto.offset.reset": start,
    }
    consumer: Consumer = _library().Consumer({**_QUIET, "bootstrap.servers": servers, **options})
    _check(servers, consumer)
    return consumer


def create_topics(servers: str, topics: Sequence[str], *, partitions: int) -> list[str]:
    """Create those of the topics that are not there yet, and return their names.

    Raises:
        JobError: confluent-kafka is not installed, no broker answers, or it refuses a name.
    """
    _library()
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient
    from confluent_kafka.cimpl import NewTopic

    admin = AdminClient({**_QUIET, "bootstrap.servers": servers})
    _check(servers, admin)
    known = admin.list_topics(timeout=_ANSWER_S).topics
    missing = [topic for topic in topics if topic not in known]
    if missing:
        for topic, future in admin.create_topics([NewTopic(topic, partitions, 1) for topic in missing]).items():
            try:
                future.result(_ANSWER_S)
            except KafkaException as error:
                fail(f"topic {topic!r}", f"was refused: {reason_of(error)}", "name another")
    return missing


def partitions_of(consumer: Consumer, topic: str) -> list[int]:
    """Return the partitions of a topic; none: it is not there."""
    found = consumer.list_topics(timeout=_ANSWER_S).topics
    return sorted(found[topic].partitions) if topic in found else []


def reason_of(error: Exception) -> str:
    """Return the text of a client's error, without its codes."""
    cause: Any = error.args[0] if error.args else error
    text: Callable[[], str] | None = getattr(cause, "str", None)
    return text() if text is not None else str(cause)


def _library() -> Any:
    try:
        import confluent_kafka
    except ModuleNotFoundError:
        refuse("client of Kafka", "the package confluent-kafka", "none", "pip install 'gress-ml[kafka]'")
    return confluent_kafka


def _check(servers: str, client: Producer | Consumer | AdminClient) -> None:
    from confluent_kafka import KafkaException

    try:
        client.list_topics(timeout=_ANSWER_S)
    except KafkaException as error:
        refuse(f"Kafka at {servers}", "an answer", reason_of(error), "start one: gress dev kafka")
