"""Counts of the records that a run wrote to its topics, seen by a reader of committed transactions."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from conf.folders.whole_file import whole_file
from conf.settings import KafkaSinkSettings
from jobs.errors import JobError
from jobs.kafka.admin import java_properties, reason_of
from jobs.kafka.own_jvm import OwnJvm
from jobs.kafka.topic_reader import TopicReader, ends_of, partitions_of

_LETTERS = "dead_letters"
_READER = "read_committed"
_CLIENT = {
    "enable.auto.commit": "false",
    "auto.offset.reset": "earliest",
    "allow.auto.create.topics": "false",
    "max.poll.records": "100000",
    "default.api.timeout.ms": "10000",
    "request.timeout.ms": "5000",
    "key.deserializer": "org.apache.kafka.common.serialization.ByteArrayDeserializer",
    "value.deserializer": "org.apache.kafka.common.serialization.ByteArrayDeserializer",
}
# Letters come as text, and few at a time, as all of a poll become one text.
_LETTERS_CLIENT = {
    "value.deserializer": "org.apache.kafka.common.serialization.StringDeserializer",
    "max.poll.records": "5000",
}
# Quotes within a JSON text have a backslash before them, so only the letter's own field looks like this.
_REASON = re.compile(r'(?<!\\)"reason":"([^"\\]*)"')


class TopicCounts:
    """Counts of the records that a sink's topics gained since this object was made, whoever wrote them.

    A record counts when its transaction is committed: the counts are what readers of committed records see, to the
    record. The counter reads each record once and remembers where it is, so a look costs what came since the last one.

    Args:
        kafka: settings of the sink; its cluster must answer.
        memory: file that keeps counts and offsets between the runs that continue from each other; None: there is none.
        is_resuming: go on counting from what ``memory`` says, if that is of the same cluster and topics.
    """

    def __init__(self, kafka: KafkaSinkSettings, *, memory: Path | None = None, is_resuming: bool = False) -> None:
        self._jvm = OwnJvm()
        self._memory = memory
        self._remembered: Mapping[str, int] = {}
        self._properties = {**kafka.options, **_CLIENT, "bootstrap.servers": kafka.servers}
        topics = {"predictions": kafka.predictions, "alerts": kafka.alerts, _LETTERS: kafka.dead_letters}
        self._readers = {
            name: self._reader(topic, _LETTERS_CLIENT if name == _LETTERS else {})
            for name, topic in topics.items()
            if topic is not None
        }
        self._written = self._consumer({"isolation.level": "read_uncommitted"})
        self.reasons: Counter[str] = Counter()
        self._cluster = ""
        if memory is not None:
            self._cluster = self._cluster_id()
            if is_resuming and memory.is_file():
                self._restore(json.loads(memory.read_text(encoding="utf-8")))
        self._start = self._count_written()

    def has_grown(self) -> bool:
        """Return whether the job wrote a row since this object was made, committed or not."""
        try:
            return self._count_written() > self._start
        except Exception as error:
            raise _uncountable(error) from error

    def poll(self) -> Mapping[str, int]:
        """Read what was committed since the last call, and return the number of records by name of their setting.

        Raises:
            JobError: the brokers do not answer.
        """
        try:
            for name, reader in self._readers.items():
                for text in reader.read(as_text=name == _LETTERS):
                    self.reasons.update(reasons_in(text))
        except Exception as error:
            raise _uncountable(error) from error
        self._remember()
        return self.counts()

    def counts(self) -> Mapping[str, int]:
        """Return the counts of the last look."""
        return {name: reader.records for name, reader in self._readers.items()}

    def close(self) -> None:
        """End the connections to the brokers and to the JVM."""
        for each in (self._written, *self._readers.values()):
            each.close()
        self._jvm.close()

    def _consumer(self, more: Mapping[str, str]) -> Any:
        properties = java_properties({**self._properties, **more}, self._jvm)
        return self._jvm.kafka.clients.consumer.KafkaConsumer(properties)

    def _reader(self, topic: str, more: Mapping[str, str]) -> TopicReader:
        return TopicReader(topic, self._consumer({"isolation.level": _READER, **more}), self._jvm)

    def _count_written(self) -> int:
        """Return the sum of the end offsets of all topics; markers of transactions count, too."""
        found = [partitions_of(self._written, reader.topic, self._jvm) for reader in self._readers.values()]
        return sum(end for each in found for end in ends_of(self._written, each).values())

    def _cluster_id(self) -> str:
        properties = java_properties(self._properties, self._jvm)
        admin = self._jvm.kafka.clients.admin.AdminClient.create(properties)
        try:
            return str(admin.describeCluster().clusterId().get())
        finally:
            admin.close()

    def _restore(self, known: Mapping[str, Any]) -> None:
        if known["cluster"] != self._cluster:
            return
        for name, reader in self._readers.items():
            if known["topics"].get(name, {}).get("topic") == reader.topic:
                reader.restore(known["topics"][name])
                self.reasons.update(known["reasons"] if name == _LETTERS else {})

    def _remember(self) -> None:
        if self._memory is None or self.counts() == self._remembered:
            return
        topics = {name: reader.snapshot() for name, reader in self._readers.items()}
        known = {"version": 1, "cluster": self._cluster, "topics": topics, "reasons": dict(self.reasons)}
        # On a full disk the counts go on; the next look tries again.
        with suppress(OSError):
            with whole_file(self._memory) as part:
                part.write_text(json.dumps(known), encoding="utf-8")
            self._remembered = self.counts()


def reasons_in(text: str) -> list[str]:
    r"""Return the reason of each dead letter in a text of many.

    >>> reasons_in('ConsumerRecord(value = {"value":"{\\"reason\\":\\"x\\"}","reason":"late","error":"late"})')
    ['late']
    """
    return _REASON.findall(text)


def _uncountable(error: Exception) -> JobError:
    problem = f"cannot count the rows in its topics: {reason_of(error)}"
    return JobError("job.sink.kafka", problem, "see the log of the brokers")
