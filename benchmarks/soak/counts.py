"""Counts of the results of each row, read back from the topics."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.kafka_job import EVENTS, PARTITIONS, RESULTS
from benchmarks.soak.feeder import is_malformed, number_in

_QUIET_S = 180.0
_BATCH, _WAIT_S = 5_000, 0.5


@dataclass
class Counts:
    """Counts by the number of a row; rows beyond the last that counts are left out.

    Attributes:
        rows: number of rows that count.
        malformed_every: which of them are malformed.
        predictions: times that each has a prediction.
        letters: times that each is a dead letter.
        versions: predictions by version.
        reasons: dead letters by reason.
    """

    rows: int
    malformed_every: int
    predictions: NDArray[np.int64] = field(init=False)
    letters: NDArray[np.int64] = field(init=False)
    versions: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        """Begin at none."""
        self.predictions, self.letters = np.zeros(self.rows, np.int64), np.zeros(self.rows, np.int64)

    def add(self, topic: str, value: bytes) -> bool:
        """Count a record; return whether its row counts."""
        found = json.loads(value)
        is_letter = topic == RESULTS["dead_letters"]
        number = number_in(found["value"]) if is_letter else int(found["event_id"])
        if number >= self.rows:
            return False
        (self.letters if is_letter else self.predictions)[number] += 1
        (self.reasons if is_letter else self.versions)[found["reason" if is_letter else "version"]] += 1
        return True

    @property
    def lost(self) -> int:
        """Rows that became nothing."""
        return int(np.count_nonzero(self.predictions + self.letters == 0))

    @property
    def surplus(self) -> int:
        """Records beyond one a row."""
        total = self.predictions + self.letters
        return int((total - (total > 0)).sum())

    @property
    def misplaced(self) -> int:
        """Good rows that are dead letters, and malformed ones that have a prediction."""
        cut = np.array([is_malformed(number, self.malformed_every) for number in range(self.rows)], bool)
        return int(np.where(cut, self.predictions, self.letters).sum())


def read_results(servers: str, counts: Counts, settle_s: float) -> None:
    """Count committed records until each row has one, and a while longer, or until none comes for three minutes.

    Args:
        servers: address of the broker.
        counts: gets the records.
        settle_s: seconds to look for surplus records.
    """
    from confluent_kafka import OFFSET_BEGINNING, TopicPartition

    consumer = _consumer(servers)
    topics = (RESULTS["predictions"], RESULTS["dead_letters"])
    # A member of a group may start over, and would count twice.
    places = [(topic, number) for topic in topics for number in range(PARTITIONS)]
    consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for topic, number in places])
    last, left = time.monotonic(), counts.rows
    while time.monotonic() - last < (_QUIET_S if left else settle_s):
        for message in consumer.consume(_BATCH, _WAIT_S):
            if message.error() or not counts.add(message.topic(), message.value()):
                continue
            last = time.monotonic()
        left = counts.lost
    consumer.close()


def wait_for_result(servers: str, goes_on: Callable[[], bool]) -> None:
    """Wait for the first prediction.

    Args:
        servers: address of the broker.
        goes_on: whether it may still come.

    Raises:
        TimeoutError: there was none for three minutes, or none may come.
    """
    deadline = time.monotonic() + _QUIET_S
    while not _records(servers, RESULTS["predictions"]):
        if time.monotonic() > deadline or not goes_on():
            msg = f"expected a prediction within {_QUIET_S:.0f} s, got none"
            raise TimeoutError(msg)
        time.sleep(_WAIT_S)


def rows_in(servers: str) -> int:
    """Return how many rows the topic of events holds."""
    return _records(servers, EVENTS)


def _records(servers: str, topic: str) -> int:
    from confluent_kafka import TopicPartition

    consumer = _consumer(servers)
    ends = [consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=10) for number in range(PARTITIONS)]
    consumer.close()
    return sum(end - begin for begin, end in ends)


def _consumer(servers: str) -> Any:
    from confluent_kafka import Consumer

    options = {"bootstrap.servers": servers, "group.id": "soak-check", "auto.offset.reset": "earliest", "log_level": 0}
    return Consumer({**options, "isolation.level": "read_committed", "enable.auto.commit": False})
