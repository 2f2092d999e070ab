"""Questions to a Kafka cluster before a job starts, with the connector's own client: its topics, their partitions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from jobs.errors import fail, refuse

_TIMEOUT_MS = 10_000
_CLASSES = "org.apache.kafka."
_SHADED = "org.apache.flink.kafka.shaded.org.apache.kafka."


@dataclass(frozen=True)
class TopicRequest:
    """Topics that a job wants of one cluster.

    Attributes:
        setting: of the job, for errors.
        servers: where the cluster is entered.
        options: properties of its clients.
        topics: their names.
        is_written: whether they may come into being when they are written to, if the cluster does that.
    """

    setting: str
    servers: str
    options: Mapping[str, str]
    topics: Sequence[str]
    is_written: bool


def client_properties(options: Mapping[str, str]) -> dict[str, str]:
    """Return properties for the connector's clients, whose classes have other names than Kafka's own.

    >>> client_properties({"sasl.mechanism": "PLAIN", "sasl.login.class": "org.apache.kafka.Login"})
    {'sasl.mechanism': 'PLAIN', 'sasl.login.class': 'org.apache.flink.kafka.shaded.org.apache.kafka.Login'}
    """
    return {
        name: value if _SHADED in value else value.replace(_CLASSES, _SHADED) for name, value in options.items()
    }


def check_topics(asked: TopicRequest) -> None:
    """Refuse a job whose cluster does not answer or lacks a topic.

    Raises:
        JobError: the cluster does not answer within about ten seconds, or a topic is missing.
    """
    with _admin(asked) as admin:
        try:
            missing = [name for name, future in _described(admin, asked.topics) if not _exists(future)]
            if not missing or (asked.is_written and _creates_topics(admin)):
                return
            known = ", ".join(sorted(admin.listTopics().names().get())[:10]) or "none"
        except Exception as error:
            where = f"Kafka at {asked.servers} ({asked.setting})"
            refuse(where, "an answer", reason_of(error), "check servers, options and network")
    fail(
        f"topic {missing[0]!r} ({asked.setting})",
        f"expected it at {asked.servers}, which has {known}",
        "create it, or correct the name",
    )


def count_partitions(asked: TopicRequest) -> dict[str, int]:
    """Return the number of partitions of each topic.

    Raises:
        JobError: the cluster does not answer within about ten seconds, or a topic is missing.
    """
    with _admin(asked) as admin:
        try:
            return {name: len(future.get().partitions()) for name, future in _described(admin, asked.topics)}
        except Exception as error:
            where = f"Kafka at {asked.servers} ({asked.setting})"
            refuse(where, "the partitions of its topics", reason_of(error), "check servers, options and network")


@contextmanager
def _admin(asked: TopicRequest) -> Iterator[Any]:
    given = {
        **asked.options,
        "bootstrap.servers": asked.servers,
        "request.timeout.ms": str(_TIMEOUT_MS // 2),
        "default.api.timeout.ms": str(_TIMEOUT_MS),
    }
    try:
        admin = shaded_kafka().clients.admin.AdminClient.create(java_properties(given))
    except Exception as error:
        refuse(f"Kafka at {asked.servers} ({asked.setting})", "properties that its client takes", reason_of(error))
    try:
        yield admin
    finally:
        admin.close()


def shaded_kafka(jvm: Any = None) -> Any:
    """Return the package of Kafka's classes in the connector's jar, over the connections of ``jvm`` or PyFlink's."""
    return (jvm or _jvm()).org.apache.flink.kafka.shaded.org.apache.kafka


def java_properties(options: Mapping[str, str], jvm: Any = None) -> Any:
    """Return properties as a Java object, made over the connections of ``jvm`` or PyFlink's."""
    properties = (jvm or _jvm()).java.util.Properties()
    for name, value in client_properties(options).items():
        properties.setProperty(name, value)
    return properties


def reason_of(error: Exception) -> str:
    """Return the message of Kafka's client, without its stack trace."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    causes = [line for line in lines if line.startswith("Caused by: ")] or [
        line.removeprefix(": ") for line in lines if "Exception: " in line
    ]
    text = (causes or lines or ["no reason"])[-1].removeprefix("Caused by: ")
    if "node assignment" in text:
        return f"none from any broker within {_TIMEOUT_MS // 1000} s"
    return text.rpartition("Exception: ")[2] or text


def _jvm() -> Any:
    from pyflink.java_gateway import get_gateway

    return get_gateway().jvm


def _described(admin: Any, topics: Sequence[str]) -> list[tuple[str, Any]]:
    from pyflink.java_gateway import get_gateway

    names = get_gateway().jvm.java.util.ArrayList()
    for topic in topics:
        names.add(topic)
    futures = admin.describeTopics(names).topicNameValues()
    return [(topic, futures[topic]) for topic in topics]


def _exists(future: Any) -> bool:
    try:
        future.get()
    except Exception as error:
        if "UnknownTopicOrPartitionException" in str(error):
            return False
        raise
    return True


def _creates_topics(admin: Any) -> bool:
    from pyflink.java_gateway import get_gateway

    jvm = get_gateway().jvm
    node = admin.describeCluster().controller().get()
    config = shaded_kafka().common.config.ConfigResource
    resources = jvm.java.util.ArrayList()
    broker = config(config.Type.BROKER, node.idString())
    resources.add(broker)
    found = admin.describeConfigs(resources).all().get()[broker]
    return str(found.get("auto.create.topics.enable").value()) == "true"
