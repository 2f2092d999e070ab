"""Results of the rows that count, and the time that the first batches take after each start of the tasks."""

from __future__ import annotations

import json
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from benchmarks.elastic.sender import BEYOND
from benchmarks.elastic.watched import Start
from benchmarks.kafka_job import RESULTS

_QUIET_S = 300.0


@dataclass(frozen=True)
class Batch:
    """Rows that a worker scored together.

    Attributes:
        at_ms: time of the record of its first row, epoch milliseconds.
        latency_us: microseconds from columns to scores.
        rows: number of its rows.
    """

    at_ms: int
    latency_us: int
    rows: int

    @property
    def us_a_row(self) -> float:
        """Microseconds for a row: each is looked up on its own, so larger batches take longer."""
        return self.latency_us / self.rows


class Seen(NamedTuple):
    """A prediction.

    Attributes:
        at_ms: time of its record, epoch milliseconds.
        latency_us: microseconds from columns to scores.
        sent_ms: time of its event, epoch milliseconds.
    """

    at_ms: int
    latency_us: int
    sent_ms: int


@dataclass
class Answers:
    """Records by row number, and batches.

    Attributes:
        times: number of predictions of each row that counts.
        dead_letters: number of dead letters.
        seen: each prediction, those of rows that do not count, too.
    """

    times: Counter[int] = field(default_factory=Counter)
    dead_letters: int = 0
    seen: list[Seen] = field(default_factory=list)

    def add(self, topic: str, value: bytes, at_ms: int) -> None:
        """Take a record."""
        if topic == RESULTS["dead_letters"]:
            self.dead_letters += 1
            return
        row = json.loads(value)
        sent = datetime.fromisoformat(row["event_time"].removesuffix("Z") + "+00:00")
        self.seen.append(Seen(at_ms, int(row["latency_us"]), round(sent.timestamp() * 1000)))
        if int(row["event_id"]) < BEYOND:
            self.times[int(row["event_id"])] += 1

    @property
    def duplicates(self) -> int:
        """Predictions beyond one a row."""
        return sum(self.times.values()) - len(self.times)

    def batches(self) -> list[Batch]:
        """Return batches in the order of their time; rows of one have one latency, to the microsecond."""
        found: dict[tuple[int, int], list[int]] = {}
        for at_ms, latency_us, _ in self.seen:
            # The same latency minutes later is another batch.
            found.setdefault((latency_us, at_ms // 10_000), []).append(at_ms)
        return sorted(
            (Batch(min(times), latency_us, len(times)) for (latency_us, _), times in found.items()),
            key=lambda batch: batch.at_ms,
        )


def first_batch_ratio(batches: Sequence[Batch], starts: Sequence[Start]) -> float:
    """Return how many times as long as usual a row of a worker's first batch takes; the mean after the worst start.

    Args:
        batches: batches in the order of their time.
        starts: starts of the tasks, each with a worker for each slot.

    >>> usual = [Batch(second * 1000, 2_000, 2) for second in range(10)]
    >>> first_batch_ratio([*usual, Batch(20_000, 3_000, 1), Batch(20_100, 2_000, 2)], [Start(15_000, 1)])
    3.0
    """
    usual = statistics.median(batch.us_a_row for batch in batches)
    ratios = []
    for start in starts:
        first = [batch.us_a_row for batch in batches if batch.at_ms >= start.at_ms][: start.slots]
        ratios.append(statistics.mean(first) / usual if first else 0.0)
    return max(ratios, default=0.0)


def read_answers(servers: str, rows: int, partitions: int, settle_s: float) -> Answers:
    """Read committed records until each row has one, and a while longer, or until none comes for five minutes."""
    from confluent_kafka import OFFSET_BEGINNING, TopicPartition

    consumer = _consumer(servers)
    topics = (RESULTS["predictions"], RESULTS["dead_letters"])
    # A member of a group may start over, and would count twice.
    consumer.assign([TopicPartition(each, part, OFFSET_BEGINNING) for each in topics for part in range(partitions)])
    found, last_s = Answers(), time.monotonic()
    while time.monotonic() - last_s < (settle_s if len(found.times) == rows else _QUIET_S):
        before = len(found.times)
        for message in consumer.consume(5_000, 0.5):
            if not message.error():
                found.add(message.topic(), message.value(), message.timestamp()[1])
        if len(found.times) > before:
            last_s = time.monotonic()
    consumer.close()
    return found


def predictions_in(servers: str, partitions: int) -> int:
    """Return how many predictions the topic holds."""
    from confluent_kafka import TopicPartition

    consumer, topic = _consumer(servers), RESULTS["predictions"]
    ends = [consumer.get_watermark_offsets(TopicPartition(topic, part), timeout=10) for part in range(partitions)]
    consumer.close()
    return sum(end - begin for begin, end in ends)


def _consumer(servers: str) -> Any:
    from confluent_kafka import Consumer

    options = {"bootstrap.servers": servers, "group.id": "elastic-check", "log_level": 0}
    return Consumer({**options, "isolation.level": "read_committed", "enable.auto.commit": False})
