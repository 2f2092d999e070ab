"""Payments whose outcome follows from their amounts, sent to a broker over time, and a job's predictions of them."""

from __future__ import annotations

import json
import math
import random
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

PARTITIONS = 2
_FEW = 4  # payments a second before the first prediction


@dataclass(frozen=True)
class Names:
    """Topics of a job that scores payments."""

    payments: str = "payments"
    labels: str = "labels"
    predictions: str = "predictions"


@dataclass(frozen=True)
class Seen:
    """A prediction that a consumer read.

    Attributes:
        payment: id of the payment.
        version: version of the model.
        score: the prediction.
        at_s: when it was read, s since 1970.
    """

    payment: int
    version: str
    score: float
    at_s: float


@dataclass
class Town:
    """Sender of payments and their labels, and reader of predictions.

    A payment of amount a, even between 0 and 100, is a fraud with a chance of 1 / (1 + exp(5 - a / 10)). Payments from
    before the first prediction, few of them, have no label: what a job has to catch up with says nothing of its speed.

    Args:
        servers: addresses of the broker.
        names: topics.
        rate: payments a second.
        delay_s: time from a payment to its label.
        seed: seed of amounts and outcomes.

    Attributes:
        frauds: outcome of each payment, by id.
        made_ms: time of each payment, ms since 1970.
        labelled_s: time at which the label of a payment was sent, s since 1970.
        seen: predictions in the order in which they were read.
    """

    servers: str
    names: Names = field(default_factory=Names)
    rate: int = 200
    delay_s: float = 0.5
    seed: int = 1
    frauds: dict[int, int] = field(default_factory=dict)
    made_ms: dict[int, int] = field(default_factory=dict)
    labelled_s: dict[int, float] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)

    def __post_init__(self) -> None:
        from confluent_kafka import Consumer, Producer

        quiet: dict[str, Any] = {"bootstrap.servers": self.servers, "log_level": 0}
        self._random = random.Random(self.seed)
        self._waiting: deque[int] = deque()
        self._producer = Producer({**quiet, "linger.ms": 5, "enable.idempotence": True})
        fresh = {"topic.metadata.refresh.interval.ms": 500, "auto.offset.reset": "earliest"}
        self._consumer = Consumer({**quiet, **fresh, "group.id": f"town-{self.names.predictions}"})
        self._consumer.subscribe([self.names.predictions])

    def live(self, seconds: float) -> None:
        """Send and read for a while."""
        start, first = time.monotonic(), len(self.frauds)
        rate = self.rate if self.seen else _FEW
        while (passed := time.monotonic() - start) < seconds:
            for _ in range(first + int(passed * rate) - len(self.frauds)):
                self._pay()
            self._label()
            self._producer.poll(0)
            self._read()

    def close(self) -> None:
        """Close the clients."""
        self._producer.flush(10)
        self._consumer.close()

    def _pay(self) -> None:
        number, amount, at_ms = len(self.frauds), self._random.uniform(0, 100), time.time_ns() // 1_000_000
        self.frauds[number] = int(self._random.random() < 1 / (1 + math.exp(5 - amount / 10)))
        self.made_ms[number] = at_ms
        if self.seen:
            self._waiting.append(number)
        self._send(self.names.payments, number, {"id": number, "at": at_ms, "card": number % 97, "amount": amount})

    def _label(self) -> None:
        now_s = time.time()
        while self._waiting and self.made_ms[self._waiting[0]] / 1000 + self.delay_s <= now_s:
            number = self._waiting.popleft()
            self.labelled_s[number] = now_s
            label = {"id": number, "known": int(now_s * 1000), "fraud": self.frauds[number]}
            self._send(self.names.labels, number, label)

    def _send(self, topic: str, number: int, record: dict[str, Any]) -> None:
        # A watermark waits for all partitions, and the client would fill one for long.
        self._producer.produce(topic, json.dumps(record), partition=number % PARTITIONS)

    def _read(self) -> None:
        for message in self._consumer.consume(1000, 0.02):
            content = message.value()
            if message.error() is None and content is not None:
                row = json.loads(content)
                self.seen.append(Seen(row["event_id"], row["version"], row["prediction"], time.time()))
