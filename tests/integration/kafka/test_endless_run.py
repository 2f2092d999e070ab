"""The fraud job on topics that never end: idle partitions, late rows, a stop with a savepoint, and a second run."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from gress.dev.broker import DevKafka
from gress.dev.client import create_topics
from tests.integration.kafka.gress_run import READ_S, GressRun
from tests.integration.kafka.topics import Reader, Sent, Topics, send
from tests.support.crafted_input import LATE, CraftedInput
from tests.support.job_runs import JobRun

CLOSING_ID = 2_000_000


@pytest.fixture
def started(fraud_config: Path, tmp_path: Path) -> Callable[..., GressRun]:
    runs: list[GressRun] = []

    def start(topics: Topics, more: Sequence[str] = (), options: Sequence[str] = ()) -> GressRun:
        runs.append(GressRun(fraud_config, topics, tmp_path / "out", more, options=options))
        return runs[-1]

    yield start
    for run in runs:
        run.kill()


def test_two_runs_with_a_savepoint_between_are_as_one(
    new_topics: Callable[[], Topics],
    started: Callable[..., GressRun],
    crafted: CraftedInput,
    crafted_run: JobRun,
) -> None:
    topics, lines = new_topics(), crafted.good_lines()
    half = len(lines) // 2

    def put(texts: Sequence[str], partition: int) -> None:
        send(topics.servers, [Sent(topics.events, None, text.encode()) for text in texts], partition=partition)

    # The other partition stays empty, and must not hold up the windows.
    put(lines[:half], 0)
    first = started(topics)
    reader = Reader(topics.servers, topics.written)
    predictions, letters = (reader.values[topic] for topic in (topics.predictions, topics.dead_letters))
    reader.read(until=lambda: len(predictions) > half - 50, timeout_s=READ_S)
    assert len(predictions) > half - 50
    put([LATE.text], 1)
    reader.read(until=lambda: any(row["reason"] == "late" for row in letters), timeout_s=READ_S)
    (late,) = [row for row in letters if row["reason"] == "late"]
    assert (late["partition"], late["offset"], late["value"]) == (1, 0, LATE.text)
    first.stop_with_savepoint()

    put([*lines[half:], _closing(lines[-1])], 0)
    second = started(topics, options=["--resume"])
    wanted = len(lines) - len(crafted.unscorable)
    reader.read(until=lambda: len(predictions) >= wanted, timeout_s=READ_S)
    second.stop(signal.SIGTERM)
    reader.rest()
    reader.close()
    expected = {row["event_id"]: row["prediction"] for row in crafted_run.predictions.to_dict("records")}
    found = [(row["event_id"], row["prediction"]) for row in predictions if row["event_id"] != str(CLOSING_ID)]
    assert len(found) == len(expected)
    assert dict(found) == expected


def test_tasks_without_a_partition_hold_nothing_up(
    new_topics: Callable[[], Topics], started: Callable[..., GressRun], crafted: CraftedInput, kafka: DevKafka
) -> None:
    topics, lines = new_topics(), crafted.good_lines()[:200]
    create_topics(kafka.servers, [topics.events], partitions=1)
    send(topics.servers, [Sent(topics.events, None, line.encode()) for line in lines])
    # The job has two tasks, and nothing waits for the time after which a silent one is left out.
    run = started(topics, ["job.source.kafka.idle_timeout=1h"])
    reader = Reader(topics.servers, topics.written)
    reader.read(until=lambda: len(reader.values[topics.predictions]) > 150, timeout_s=READ_S)
    assert len(reader.values[topics.predictions]) > 150
    reader.close()
    said = run.stop(signal.SIGTERM)
    assert f"topics {topics.events}: 1 partitions, so 1 of the job's 2 tasks read" in said


def _closing(line: str) -> str:
    """An event of a later time, which lets the windows see that those before it are complete."""
    later = re.sub(r'"TX_DATETIME": ?"[^"]*"', '"TX_DATETIME": "2018-06-01T00:00:00"', line)
    return re.sub(r'"TRANSACTION_ID": ?\d+', f'"TRANSACTION_ID": {CLOSING_ID}', later)
