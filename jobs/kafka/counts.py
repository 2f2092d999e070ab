"""Counts of the records that a run wrote to its topics, seen by a reader of committed transactions."""

from __future__ import annotations

from typing import Any

from conf.settings import KafkaSinkSettings
from jobs.kafka.admin import java_properties, shaded_kafka

_POLL_MS = 1000
_MOST_POLLS_WITHOUT = 30
_CLIENT = {
    "isolation.level": "read_committed",
    "enable.auto.commit": "false",
    "auto.offset.reset": "earliest",
    "allow.auto.create.topics": "false",
    "max.poll.records": "100000",
    "key.deserializer": "org.apache.kafka.common.serialization.ByteArrayDeserializer",
    "value.deserializer": "org.apache.kafka.common.serialization.ByteArrayDeserializer",
}


class TopicCounts:
    """Counts of the records that any writer added to a sink's topics since this object was made.

    Args:
        kafka: settings of the sink; its cluster must answer.
    """

    def __init__(self, kafka: KafkaSinkSettings) -> None:
        topics = {"predictions": kafka.predictions, "alerts": kafka.alerts, "dead_letters": kafka.dead_letters}
        self._topics = {name: topic for name, topic in topics.items() if topic is not None}
        self._properties = {**kafka.options, **_CLIENT, "bootstrap.servers": kafka.servers}
        self._starts = {name: self._ends(topic) for name, topic in self._topics.items()}

    def count(self) -> dict[str, int]:
        """Return the number of records by name of the topic's setting."""
        return {name: self._count(topic, self._starts[name]) for name, topic in self._topics.items()}

    def _consumer(self) -> Any:
        return shaded_kafka().clients.consumer.KafkaConsumer(java_properties(self._properties))

    def _ends(self, topic: str) -> dict[int, int]:
        """Return the end offset of each partition; empty for a topic that does not exist yet."""
        consumer = self._consumer()
        try:
            return {
                partition.partition(): int(end)
                for partition, end in consumer.endOffsets(_partitions(consumer, topic)).items()
            }
        finally:
            consumer.close()

    def _count(self, topic: str, starts: dict[int, int]) -> int:
        from pyflink.java_gateway import get_gateway

        consumer = self._consumer()
        try:
            partitions = _partitions(consumer, topic)
            consumer.assign(partitions)
            for partition in partitions:
                consumer.seek(partition, starts.get(partition.partition(), 0))
            ends = consumer.endOffsets(partitions)
            wait = get_gateway().jvm.java.time.Duration.ofMillis(_POLL_MS)
            counted, polls_without = 0, 0
            while polls_without < _MOST_POLLS_WITHOUT and any(consumer.position(p) < ends[p] for p in partitions):
                got = consumer.poll(wait).count()
                polls_without = 0 if got else polls_without + 1
                counted += got
            return counted
        finally:
            consumer.close()


def _partitions(consumer: Any, topic: str) -> Any:
    from pyflink.java_gateway import get_gateway

    found = get_gateway().jvm.java.util.ArrayList()
    for each in consumer.partitionsFor(topic) or ():
        found.append(shaded_kafka().common.TopicPartition(topic, each.partition()))
    return found
