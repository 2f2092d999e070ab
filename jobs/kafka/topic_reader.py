"""A reader of one topic that counts the records it passes, over the connector's own client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jobs.kafka.own_jvm import OwnJvm, items

_POLL_MS = 1000
_MOST_POLLS_WITHOUT = 10


class TopicReader:
    """A reader that begins at the end of the topic, and counts the records that it reads from there.

    Args:
        topic: name; it may come into being later, and is then read from its beginning.
        consumer: of the connector's client, which belongs to this reader.
        jvm: where the consumer lives.
    """

    def __init__(self, topic: str, consumer: Any, jvm: OwnJvm) -> None:
        self.topic = topic
        self.records = 0
        self._consumer = consumer
        self._jvm = jvm
        self._wait = jvm.java.time.Duration.ofMillis(_POLL_MS)
        self._partitions = partitions_of(consumer, topic, jvm)
        self._positions = self._ends()
        self._assign()

    def read(self, *, as_text: bool = False) -> Iterator[str]:
        """Read to the present end; count the records, and yield a text that holds all values of each poll if asked.

        Raises:
            Exception: of the client: the brokers do not answer.
        """
        self._find_partitions()
        ends, polls_without = self._ends(), 0
        while polls_without < _MOST_POLLS_WITHOUT and any(self._position(each) < end for each, end in ends.items()):
            found = self._consumer.poll(self._wait)
            count = int(found.count())
            polls_without = 0 if count else polls_without + 1
            self.records += count
            if as_text and count:
                yield "".join(found.records(partition).toString() for partition in items(found.partitions()))
        self._positions = {each: self._position(each) for each in ends}

    def snapshot(self) -> Mapping[str, Any]:
        """Return the count, and where in the topic it stands, as builtins."""
        positions = {str(partition): position for partition, position in self._positions.items()}
        return {"topic": self.topic, "records": self.records, "positions": positions}

    def restore(self, known: Mapping[str, Any]) -> None:
        """Go on from a snapshot; a partition that is shorter than it was then is a new one."""
        ends = self._ends()
        self.records = int(known["records"])
        told = {int(partition): int(position) for partition, position in known["positions"].items()}
        self._positions = {each: told.get(each, 0) if told.get(each, 0) <= end else 0 for each, end in ends.items()}
        self._assign()

    def close(self) -> None:
        """End the connection to the brokers."""
        self._consumer.close()

    def _find_partitions(self) -> None:
        found = partitions_of(self._consumer, self.topic, self._jvm)
        if found.size() != self._partitions.size():
            self._positions = {each: self._position(each) for each in self._positions}
            self._partitions = found
            self._assign()

    def _assign(self) -> None:
        self._by_number = {int(each.partition()): each for each in items(self._partitions)}
        self._consumer.assign(self._partitions)
        for number, partition in self._by_number.items():
            self._consumer.seek(partition, self._positions.get(number, 0))

    def _position(self, number: int) -> int:
        return int(self._consumer.position(self._by_number[number]))

    def _ends(self) -> dict[int, int]:
        return ends_of(self._consumer, self._partitions)


def ends_of(consumer: Any, partitions: Any) -> dict[int, int]:
    """Return the end offset of each partition by its number."""
    ends = consumer.endOffsets(partitions)
    return {int(each.getKey().partition()): int(each.getValue()) for each in items(ends.entrySet())}


def partitions_of(consumer: Any, topic: str, jvm: OwnJvm) -> Any:
    """Return the partitions of a topic as a Java list; it is empty while there is no such topic."""
    found = jvm.java.util.ArrayList()
    known = consumer.partitionsFor(topic)
    for each in items(known) if known is not None else ():
        found.add(jvm.kafka.common.TopicPartition(topic, each.partition()))
    return found
