"""The fraud job on a topic that never ends: a task without a partition, a late row, a stop, and a run that goes on."""

from __future__ import annotations

import json
import re
import signal
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from gress.dev.client import create_topics
from gress.inspection.saved_state import inspect
from jobs.run_folder.timeline import read_timeline
from tests.integration.kafka.gress_run import READ_S, GressRun
from tests.integration.kafka.topics import Reader, Sent, Topics, send
from tests.support.crafted_input import LATE, CraftedInput
from tests.support.job_runs import JobRun

CLOSING_ID, ALLOWED_ID = 2_000_000, 2_000_001


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
    tmp_path: Path,
) -> None:
    topics, lines = new_topics(), crafted.good_lines()
    half = len(lines) // 2

    def put(texts: Sequence[str]) -> None:
        send(topics.servers, [Sent(topics.events, None, text.encode()) for text in texts])

    # The job has two tasks. The one without a partition must not hold up the windows, however long it is silent.
    create_topics(topics.servers, [topics.events], partitions=1)
    patient = ["job.source.kafka.idle_timeout=1h"]
    put(lines[:half])
    first = started(topics, patient)
    reader = Reader(topics.servers, topics.written)
    predictions, letters = (reader.values[topic] for topic in (topics.predictions, topics.dead_letters))
    reader.read(until=lambda: len(predictions) > half - 50, timeout_s=READ_S)
    assert len(predictions) > half - 50
    put([LATE.text])
    reader.read(until=lambda: any(row["reason"] == "late" for row in letters), timeout_s=READ_S)
    (late,) = [row for row in letters if row["reason"] == "late"]
    assert (late["partition"], late["offset"], late["value"]) == (0, half, LATE.text)
    said = first.stop(signal.SIGINT)
    assert "stopped; its state is in file:" in said
    assert any(point.rows for point in read_timeline(tmp_path / "out")[:-1]), "no counts while it ran"
    reader.rest()
    check_summary(tmp_path, reader, topics)
    assert f"topics {topics.events}: 1 partitions, so 1 of the job's 2 tasks read" in said
    check_state(said, reader, topics, lines)

    put([*lines[half:], _closing(lines[-1])])
    second = started(topics, [*patient, "job.events.allowed_lateness=90d"], ["--resume"])
    wanted = len(lines) - len(crafted.unscorable)
    reader.read(until=lambda: len(predictions) >= wanted, timeout_s=READ_S)
    # A late event that is allowed does not wait for another one.
    put([_allowed(lines[0])])
    reader.read(until=lambda: predictions[-1]["event_id"] == ALLOWED_ID, timeout_s=READ_S)
    assert predictions[-1]["event_id"] == ALLOWED_ID
    second.stop(signal.SIGTERM)
    reader.rest()
    reader.close()
    # One summary of both runs.
    check_summary(tmp_path, reader, topics)
    expected = {row["event_id"]: row["prediction"] for row in crafted_run.predictions.to_dict("records")}
    found = [(row["event_id"], row["prediction"]) for row in predictions if row["event_id"] < CLOSING_ID]
    assert len(found) == len(expected)
    assert dict(found) == expected


def check_summary(folder: Path, reader: Reader, topics: Topics) -> None:
    """The summary of a stopped run counts what a reader of committed records finds."""
    found = json.loads((folder / "out" / "summary.json").read_text("utf-8"))
    read = [len(reader.values[topic]) for topic in topics.written]
    assert [found["predictions"], found["alerts"], found["dead_letters"]] == read
    assert found["reasons"] == Counter(row["reason"] for row in reader.values[topics.dead_letters])
    assert 0 < found["rows_per_s"] < found["rows_per_s_from_first"]


def check_state(said: str, reader: Reader, topics: Topics, lines: Sequence[str]) -> None:
    """The savepoint has all answered rows, also those of shards that have too few for a chunk of their log."""
    (place,) = re.findall(r"its state is in ([^\s;]+)", said)
    found = {stage.key: stage.shards for stage in inspect(place).stages}
    events = {event["TRANSACTION_ID"]: event for event in map(json.loads, lines) if "TRANSACTION_ID" in event}
    predicted = [events[row["event_id"]] for row in reader.values[topics.predictions]]
    failed = [row for row in reader.values[topics.dead_letters] if row["reason"] not in ("late", "malformed")]
    terminals = found["TERMINAL_ID"]
    assert sum(shard.rows or 0 for shard in terminals) == len(predicted) + len(failed)
    assert sum(shard.keys or 0 for shard in terminals) == len({event["TERMINAL_ID"] for event in predicted})


def _allowed(line: str) -> str:
    """An event of a customer and a terminal of its own, in time long ago."""
    own = {"TRANSACTION_ID": ALLOWED_ID, "CUSTOMER_ID": 990_001, "TERMINAL_ID": 990_002}
    return json.dumps(json.loads(line) | own)


def _closing(line: str) -> str:
    """An event of a later time, which lets the windows see that those before it are complete."""
    later = re.sub(r'"TX_DATETIME": ?"[^"]*"', '"TX_DATETIME": "2018-06-01T00:00:00"', line)
    return re.sub(r'"TRANSACTION_ID": ?\d+', f'"TRANSACTION_ID": {CLOSING_ID}', later)
