"""Records into topics and out of them, by a client that is not the job's."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Consumer, Producer

QUIET = {"log_level": "0"}


@dataclass(frozen=True)
class Sent:
    """A record, and where it went; its time is now unless ``written_ms`` is given."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()
    written_ms: int = 0


@dataclass(frozen=True)
class Topics:
    """Topics of one job, and the settings that name them."""

    servers: str
    events: str
    predictions: str
    alerts: str
    dead_letters: str

    def source(self, **more: str) -> list[str]:
        return [
            f"job.source.kafka.{name}={value}"
            for name, value in {"servers": self.servers, "topics": f"[{self.events}]", **more}.items()
        ]

    def sink(self, **more: str) -> list[str]:
        named = {
            "servers": self.servers,
            "predictions": self.predictions,
            "alerts": self.alerts,
            "dead_letters": self.dead_letters,
            "transaction_prefix": self.predictions,
            **more,
        }
        return [f"job.sink.kafka.{name}={value}" for name, value in named.items()]

    @property
    def written(self) -> tuple[str, str, str]:
        return self.predictions, self.alerts, self.dead_letters


def unique(name: str) -> str:
    """A topic that no other test uses."""
    return f"{name}-{uuid.uuid4().hex[:8]}"


def send(servers: str, records: Sequence[Sent], *, partition: int = -1) -> dict[tuple[int, int], Sent]:
    """Send records and return them by partition and offset; partition -1: by key."""
    placed: dict[tuple[int, int], Sent] = {}
    # Idempotent: what is sent again, as the topic was not there yet, keeps its place.
    producer = Producer({"bootstrap.servers": servers, "linger.ms": "50", "enable.idempotence": "true", **QUIET})
    for record in records:

        def note(error: object, message: Any, record: Sent = record) -> None:
            assert error is None, error
            placed[message.partition(), message.offset()] = record

        # A time of 0 is that of the client's clock.
        more = {"timestamp": record.written_ms, "headers": list(record.headers)}
        producer.produce(record.topic, record.value, record.key, partition, on_delivery=note, **more)
        producer.poll(0)
    assert producer.flush(120) == 0
    return placed


class Reader:
    """Reads topics from their beginning in read-committed mode.

    Args:
        servers: of the broker.
        topics: that may still have to come into being.
    """

    def __init__(self, servers: str, topics: Sequence[str]) -> None:
        self._consumer = Consumer(
            {
                "bootstrap.servers": servers,
                "group.id": unique("reader"),
                "auto.offset.reset": "earliest",
                "isolation.level": "read_committed",
                "topic.metadata.refresh.interval.ms": "500",
                **QUIET,
            }
        )
        self._consumer.subscribe([f"^{topic}$" for topic in topics])
        self.keys: dict[str, list[str | None]] = {topic: [] for topic in topics}
        self.values: dict[str, list[dict[str, Any]]] = {topic: [] for topic in topics}

    def read(self, *, until: Callable[[], bool], timeout_s: float) -> None:
        """Take records until something holds of what was read, or time is up."""
        deadline = time.monotonic() + timeout_s
        while not until() and time.monotonic() < deadline:
            for message in self._consumer.consume(1000, 0.2):
                if message.error() is None:
                    key = message.key()
                    self.keys[message.topic()].append(None if key is None else key.decode())
                    self.values[message.topic()].append(json.loads(message.value()))

    def rest(self, settle_s: float = 2.0) -> None:
        """Take what is there, until nothing more comes for a while."""
        before = -1
        while before != (now := sum(map(len, self.values.values()))):
            before = now
            self.read(until=lambda: False, timeout_s=settle_s)

    def close(self) -> None:
        self._consumer.close()
