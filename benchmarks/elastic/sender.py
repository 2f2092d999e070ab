"""Rows into a topic at the rate of a plan, until it is told to stop."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any

from benchmarks.elastic.plan import Plan
from benchmarks.kafka_job import EVENTS
from benchmarks.rows import numbers
from benchmarks.soak.feeder import row_text

_KINDS = 1_000
_TICK_S = 0.05
_FLUSH_S = 120.0
_NEVER = 1 << 60
BEYOND = 1_000_000_000
"""A number above those of all rows that count."""


@dataclass
class Sender:
    """A sender.

    Rows before the job works and after those that count only move time on; they have numbers from ``BEYOND`` on.

    Attributes:
        servers: address of the broker.
        plan: rates and partitions.
        counting: set while rows count; their load is that of the plan from then on.
        stop: set to end.
        sent: rows that count, sent so far.
        started_s: monotonic seconds of the first row that counts; 0: there is none yet.
        refused: texts of the broker's refusals.
    """

    servers: str
    plan: Plan
    counting: threading.Event = field(default_factory=threading.Event)
    stop: threading.Event = field(default_factory=threading.Event)
    sent: int = 0
    started_s: float = 0.0
    refused: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Send.

        Raises:
            RuntimeError: the broker did not take one of the rows.
        """
        from confluent_kafka import Producer

        options = {"bootstrap.servers": self.servers, "linger.ms": 20, "enable.idempotence": True, "log_level": 0}
        producer = Producer(options)
        self._send(producer)
        left = producer.flush(_FLUSH_S)
        if left or self.refused:
            msg = f"expected the broker to take all rows, got {left} left and {len(self.refused)} refused"
            raise RuntimeError(msg)

    def second(self) -> float:
        """Return the seconds since the first row that counts; before it 0."""
        return time.monotonic() - self.started_s if self.started_s else 0.0

    def _send(self, producer: Any) -> None:
        values, others, due = numbers(_KINDS), 0, 0.0
        before_s = time.monotonic()
        while not self.stop.wait(_TICK_S):
            now_s, now_ms = time.monotonic(), time.time_ns() // 1_000_000
            if self.counting.is_set() and not self.started_s:
                self.started_s = now_s
            due += (now_s - before_s) * self.plan.rate(self.second())
            before_s = now_s
            while due >= 1.0:
                due -= 1.0
                if self.counting.is_set():
                    number = self.sent
                    self.sent += 1
                else:
                    others += 1
                    number = BEYOND + others
                text = row_text(number, now_ms, values[number % _KINDS], _NEVER)
                producer.produce(EVENTS, text, partition=number % self.plan.partitions, on_delivery=self._note)
            producer.poll(0)

    def _note(self, error: object, _: object) -> None:
        if error is not None:
            self.refused.append(str(error))
