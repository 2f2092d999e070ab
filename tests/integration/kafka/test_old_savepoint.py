"""A job that the version before stopped goes on in this one, as if it had never stopped."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from gress.dev.broker import DevKafka
from tests.integration.kafka.gress_run import READ_S, GressRun
from tests.integration.kafka.old_savepoint import CLOSING_ID, FOLDER, closing, events, topics, write_config
from tests.integration.kafka.topics import Reader, Sent, send


@pytest.fixture
def restored(kafka: DevKafka, tmp_path: Path) -> Iterator[GressRun]:
    """The job with the state that the version before left; its events are in the same places as then."""
    names, lines = topics(kafka.servers, "stopped"), events()
    send(kafka.servers, [Sent(names.events, None, line.encode()) for line in [*lines, closing(lines)]], partition=0)
    state = f"execution.flink.execution.state-recovery.path={FOLDER / 'sql' / 'state'}"
    more = [state, "execution.windows=sql"]
    run = GressRun(write_config(tmp_path / "config"), names, tmp_path / "out", more, delivery="at_least_once")
    yield run
    run.kill()


def test_savepoint_of_the_version_before_goes_on_with_the_same_scores(restored: GressRun, kafka: DevKafka) -> None:
    rows = [json.loads(line) for line in (FOLDER / "sql" / "predictions.jsonl").read_text("utf-8").splitlines()]
    # The version before wrote ids as text.
    wanted = {int(row["event_id"]): row["prediction"] for row in rows if not row["early"]}
    assert 100 < len(wanted) < len(rows) - 100
    names = topics(kafka.servers, "stopped")
    reader = Reader(kafka.servers, [names.predictions])
    predictions = reader.values[names.predictions]
    reader.read(until=lambda: len(predictions) >= len(wanted), timeout_s=READ_S)
    restored.stop(signal.SIGTERM)
    reader.rest()
    reader.close()
    found = [(row["event_id"], row["prediction"]) for row in predictions if row["event_id"] != CLOSING_ID]
    assert len(found) == len(wanted)
    assert dict(found) == wanted
