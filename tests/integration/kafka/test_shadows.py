"""Shadows of a stream that trickles score every row, though a call of theirs waits seconds for it."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path

from gress.dev.client import create_topics
from tests.integration.kafka.gress_run import READ_S, GressRun
from tests.integration.kafka.topics import Reader, Sent, Topics, send, unique
from tests.support.crafted_input import CraftedInput
from tests.support.experiment_runs import SPLIT, overrides
from tests.support.fraud_config import STATELESS, write_fraud_config

_TURNS, _TURN_S = 40, 0.4


def test_rows_that_wait_for_a_call_are_compared(
    new_topics: Callable[[], Topics], crafted: CraftedInput, tmp_path: Path
) -> None:
    topics, compared = new_topics(), unique("comparisons")
    create_topics(topics.servers, [topics.events], partitions=1)
    create_topics(topics.servers, [compared], partitions=1)
    experiment = overrides(tmp_path, len(STATELESS), SPLIT, has_shadows=True)
    config = write_fraud_config(tmp_path, features=STATELESS)
    # A checkpoint would end the calls.
    more = [*experiment, "execution.checkpoint_interval=10m", f"job.sink.kafka.comparisons={compared}"]
    run = GressRun(config, topics, tmp_path / "out", more, delivery="at_least_once")
    try:
        reader = Reader(topics.servers, [topics.predictions, compared])
        predictions, comparisons = reader.values[topics.predictions], reader.values[compared]
        lines = [line.encode() for line in crafted.good_lines()]
        rows = [Sent(topics.events, None, line) for line in lines]
        step = -(-len(rows) // _TURNS)
        for begin in range(0, len(rows), step):
            send(topics.servers, rows[begin : begin + step])
            if begin == 0:
                reader.read(until=lambda: bool(predictions), timeout_s=READ_S)
            time.sleep(_TURN_S)
        wanted = len(rows) - len(crafted.unscorable)
        reader.read(until=lambda: len(predictions) >= wanted, timeout_s=READ_S)
        run.stop(signal.SIGINT)
        reader.rest()
    finally:
        run.kill()
    assert len(predictions) == wanted
    assert sorted(row["event_id"] for row in comparisons) == sorted(row["event_id"] for row in predictions)
