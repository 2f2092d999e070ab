"""Event time on Kafka: rows out of order, rows ahead of the clock or of their records, partitions that hold nothing."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from tests.integration.kafka.topics import Reader, Sent, Topics, send
from tests.support.crafted_input import CraftedInput
from tests.support.job_runs import JobRun, run_job

DELAY_MS = 3_600_000
AHEAD_ID = 77_777_777


@pytest.mark.parametrize("windows", ["sliding", "sql"])
def test_disorder_rows_of_the_future_and_an_empty_partition_change_no_score(
    windows: str,
    fraud_config: Path,
    new_topics: Callable[[], Topics],
    crafted: CraftedInput,
    crafted_run: JobRun,
    tmp_path: Path,
) -> None:
    topics, random_ = new_topics(), random.Random(4)
    moments = dict(zip(crafted.rows["TRANSACTION_ID"], crafted.rows["TX_DATETIME"], strict=True))
    times = {line: moments[json.loads(line)["TRANSACTION_ID"]] for line in crafted.good_lines()}
    lines = sorted(times, key=lambda line: int(times[line]) + random_.randrange(DELAY_MS))
    assert lines != crafted.good_lines()
    now = datetime.now(timezone.utc)
    first, later, written = (now + timedelta(hours=hours) for hours in (1, -12, -24))
    ahead = json.loads(lines[0]) | {"TRANSACTION_ID": AHEAD_ID, "TX_DATETIME": first.isoformat(timespec="seconds")}
    # A topic of the past: the clock does not tell that this row was ahead of it when it was written.
    of_past = ahead | {"TRANSACTION_ID": AHEAD_ID + 1, "TX_DATETIME": later.isoformat(timespec="seconds")}
    sent = [*lines[:50], json.dumps(ahead), json.dumps(of_past), *lines[50:]]
    records = [Sent(topics.events, None, text.encode(), written_ms=int(written.timestamp() * 1_000)) for text in sent]
    send(topics.servers, records, partition=1)
    delay = f"job.events.watermark_delay={DELAY_MS // 3_600_000}h"
    given = [*topics.source(stop="latest"), *topics.sink(), delay, f"execution.windows={windows}"]
    found = run_job(fraud_config, "kafka:", tmp_path / "out", overrides=given)
    assert found.summary.adds_up
    reader = Reader(topics.servers, topics.written)
    reader.read(until=lambda: sum(map(len, reader.values.values())) >= len(sent), timeout_s=300)
    reader.rest()
    reader.close()
    scores = {row["event_id"]: row["prediction"] for row in reader.values[topics.predictions]}
    expected = crafted_run.predictions
    assert scores == dict(zip(expected["event_id"], expected["prediction"], strict=True))
    letters = [row for row in reader.values[topics.dead_letters] if row["category"] != "scoring"]
    assert [(row["reason"], row["partition"]) for row in letters] == [("in_future", 1)] * 2
