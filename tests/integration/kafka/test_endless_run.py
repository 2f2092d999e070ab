"""The fraud job on topics that never end: idle partitions, late rows, a stop with a savepoint, and a second run."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.integration.kafka.topics import Reader, Sent, Topics, send
from tests.support.crafted_input import LATE, CraftedInput
from tests.support.job_runs import JobRun

STOP_S = 60
READ_S = 90
CLOSING_ID = 2_000_000


class GressRun:
    """`gress run` in a process of its own."""

    def __init__(self, config: Path, topics: Topics, output: Path, more: Sequence[str] = ()) -> None:
        settings = [
            *topics.source(start="committed", idle_timeout="500ms"),
            *topics.sink(),
            "execution.checkpoint_interval=1s",
            "job.inference.batch_timeout=50ms",
            *more,
        ]
        options = [part for setting in settings for part in ("--set", setting)]
        command = [sys.executable, "-m", "gress.cli.main", "run", "fraud-detection", "--config", str(config)]
        self._log = (output.parent / f"{output.name}.log").open("w+")
        self._process = subprocess.Popen(
            [*command, "--output", str(output), *options], stdout=self._log, stderr=self._log,
            cwd=Path(__file__).resolve().parents[3], env={**os.environ, "COLUMNS": "400"},
        )  # fmt: skip

    def stop(self, number: signal.Signals) -> str:
        """Send a signal and return what the command said; it must end well."""
        self._process.send_signal(number)
        code = self._process.wait(STOP_S)
        self._log.seek(0)
        said = self._log.read()
        assert code == 0, said
        return said

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._log.close()


@pytest.fixture
def started(fraud_config: Path, tmp_path: Path) -> Callable[..., GressRun]:
    runs: list[GressRun] = []

    def start(topics: Topics, name: str, more: Sequence[str] = ()) -> GressRun:
        runs.append(GressRun(fraud_config, topics, tmp_path / name, more))
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
    first = started(topics, "first")
    reader = Reader(topics.servers, topics.written)
    predictions, letters = (reader.values[topic] for topic in (topics.predictions, topics.dead_letters))
    reader.read(until=lambda: len(predictions) > half - 50, timeout_s=READ_S)
    assert len(predictions) > half - 50
    put([LATE.text], 1)
    reader.read(until=lambda: any(row["reason"] == "late" for row in letters), timeout_s=READ_S)
    (late,) = [row for row in letters if row["reason"] == "late"]
    assert (late["partition"], late["offset"], late["value"]) == (1, 0, LATE.text)
    said = first.stop(signal.SIGINT)
    assert "KeyboardInterrupt" not in said
    savepoint = re.search(r"stopped; its state is in file:(\S+)", said)
    assert savepoint is not None, said

    put([*lines[half:], _closing(lines[-1])], 0)
    restored = f"execution.flink.execution.state-recovery.path={savepoint[1]}"
    second = started(topics, "second", [restored])
    wanted = len(lines) - len(crafted.unscorable)
    reader.read(until=lambda: len(predictions) >= wanted, timeout_s=READ_S)
    second.stop(signal.SIGTERM)
    reader.rest()
    reader.close()
    expected = {row["event_id"]: row["prediction"] for row in crafted_run.predictions.to_dict("records")}
    found = [(row["event_id"], row["prediction"]) for row in predictions if row["event_id"] != str(CLOSING_ID)]
    assert len(found) == len(expected)
    assert dict(found) == expected


def _closing(line: str) -> str:
    """An event of a later time, which lets the windows see that those before it are complete."""
    later = re.sub(r'"TX_DATETIME": ?"[^"]*"', '"TX_DATETIME": "2018-06-01T00:00:00"', line)
    return re.sub(r'"TRANSACTION_ID": ?\d+', f'"TRANSACTION_ID": {CLOSING_ID}', later)
