"""Rows at a steady rate into a topic, some of them cut short."""

from __future__ import annotations

import itertools
import re
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from benchmarks.kafka_job import EVENTS, PARTITIONS
from benchmarks.rows import line, numbers
from benchmarks.soak.plan import Plan

USERS = 1_000
_KINDS = 5_000
_CUT = 100
_TICK_S = 0.05
_FLUSH_S = 120.0
_TIME = re.compile(r'"time":\d+')
_NUMBER = re.compile(r'"id":(\d+)')
# The producer keeps rows here while the broker is away.
_QUEUE = {"queue.buffering.max.messages": 1_000_000, "queue.buffering.max.kbytes": 1_000_000}


def row_text(number: int, now_ms: int, values: list[float], malformed_every: int) -> str:
    """Return the row of a number; the first bytes of it where it is malformed, which still tell the number.

    >>> row_text(99, 1_700_000_000_000, [0.5] * 20, 100)[:60]
    '{"id":99,"time":1700000000000,"user":"user-099","f00":0.5000'
    """
    whole = _TIME.sub(f'"time":{now_ms}', line(number, values, users=USERS), count=1)
    return whole[:_CUT] if is_malformed(number, malformed_every) else whole


def is_malformed(number: int, malformed_every: int) -> bool:
    """Return whether a row is cut short.

    >>> [number for number in range(250) if is_malformed(number, 100)]
    [99, 199]
    """
    return number % malformed_every == malformed_every - 1


def number_in(text: str) -> int:
    """Return the number of a row, whole or cut short.

    >>> number_in('{"id":99,"ti')
    99

    Raises:
        ValueError: the text is no row of ours.
    """
    found = _NUMBER.search(text)
    if found is None:
        msg = f"expected a row with a number, got {text[:80]!r}"
        raise ValueError(msg)
    return int(found[1])


@dataclass
class Feeder:
    """A sender of rows at a steady rate until it is told to stop.

    Rows before the job works, and rows after the last one that counts, which windows need to end, do not count: their
    numbers are beyond those that do.

    Attributes:
        servers: address of the broker.
        plan: rate, number of rows, and which are malformed.
        working: to be set once the job works.
        counted: set once all rows that count are sent.
        stop: set to end.
        sent: rows that the broker has taken.
        refused: texts of the broker's refusals.
    """

    servers: str
    plan: Plan
    working: threading.Event = field(default_factory=threading.Event)
    counted: threading.Event = field(default_factory=threading.Event)
    stop: threading.Event = field(default_factory=threading.Event)
    sent: int = 0
    refused: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Send.

        Raises:
            RuntimeError: the broker did not take one of the rows.
        """
        from confluent_kafka import Producer

        options = {"bootstrap.servers": self.servers, "linger.ms": 20, "enable.idempotence": True, "log_level": 0}
        producer = Producer({**options, **_QUEUE})
        try:
            self._send(producer)
        finally:
            # A thread that waits for rows must see that no more come.
            self.counted.set()
        left = producer.flush(_FLUSH_S)
        if left or self.refused:
            got = f"{left} left and {len(self.refused)} refused: {self.refused[:1]}"
            msg = f"expected the broker to take all rows, got {got}"
            raise RuntimeError(msg)

    def _send(self, producer: Any) -> None:
        values, start, sent = numbers(_KINDS), time.monotonic(), 0
        counting, others = iter(range(self.plan.rows)), itertools.count(self.plan.rows)
        while not self.stop.wait(_TICK_S):
            due = int((time.monotonic() - start) * self.plan.rate)
            now_ms = time.time_ns() // 1_000_000
            for _ in range(due - sent):
                number = next(counting, None) if self.working.is_set() else next(others)
                if number is None:
                    self.counted.set()
                    number = next(others)
                text = row_text(number, now_ms, values[number % _KINDS], self.plan.malformed_every)
                # A user's rows stay in order.
                producer.produce(EVENTS, text, partition=number % PARTITIONS, on_delivery=self._note)
            sent = max(sent, due)
            producer.poll(0)

    def _note(self, error: object, _: object) -> None:
        if error is None:
            self.sent += 1
        else:
            self.refused.append(str(error))
