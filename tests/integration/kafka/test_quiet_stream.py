"""The last events of a stream that falls silent come out, without an event that follows them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.kafka.gress_run import READ_S, GressRun
from tests.integration.kafka.topics import Reader, Sent, Topics, send
from tests.support.crafted_input import CraftedInput
from tests.support.job_runs import JobRun


@pytest.mark.usefixtures("kafka")
def test_last_events_come_out_once_the_stream_is_silent(
    new_topics: Callable[[], Topics],
    fraud_config: Path,
    tmp_path: Path,
    crafted: CraftedInput,
    crafted_run: JobRun,
) -> None:
    topics, lines = new_topics(), crafted.good_lines()
    send(topics.servers, [Sent(topics.events, None, line.encode()) for line in lines])
    more = ["job.source.kafka.idle_timeout=3s"]
    run = GressRun(fraud_config, topics, tmp_path / "out", more)
    reader = Reader(topics.servers, topics.written)
    predictions = reader.values[topics.predictions]
    wanted = len(lines) - len(crafted.unscorable)
    try:
        reader.read(until=lambda: len(predictions) >= wanted, timeout_s=READ_S)
        assert len(predictions) == wanted, "before the stop, so no end of the input has let them out"
    finally:
        run.kill()
        reader.close()
    expected = {row["event_id"]: row["prediction"] for row in crafted_run.predictions.to_dict("records")}
    assert {row["event_id"]: row["prediction"] for row in predictions} == expected
