"""With `job.events.allowed_lateness`, a late event is predicted as if it had been in time, and later ones see it."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from tests.support.crafted_input import CraftedInput
from tests.support.job_runs import JobRun, run_job

# A customer and a terminal that no other event has.
NEW = {"CUSTOMER_ID": 990_001, "TERMINAL_ID": 990_002, "TX_FRAUD": 0}
EARLY, LATE, BEYOND, AFTER = 900_001, 900_002, 900_003, 900_004
PROMPT = 'execution.flink={"pipeline.auto-watermark-interval": "1 ms"}'


def event(number: int, time: pd.Timestamp, amount: float) -> str:
    made = {"TRANSACTION_ID": number, "TX_DATETIME": time.strftime("%Y-%m-%dT%H:%M:%S"), "TX_AMOUNT": amount}
    return json.dumps(made | NEW)


@pytest.mark.usefixtures("small_pieces")
def test_late_events_change_what_follows_as_if_they_had_been_in_time(
    fraud_config: Path, crafted: CraftedInput, tmp_path: Path
) -> None:
    times = pd.to_datetime(crafted.rows["TX_DATETIME"], unit="ms")
    begin, end = times.min(), times.max()
    lines = crafted.good_lines()
    behind = (begin + (end - begin) / 4).floor("s")
    early, late = event(EARLY, begin, 20.0), event(LATE, behind, 35.5)
    after = event(AFTER, end + pd.Timedelta("1s"), 80.25)
    beyond = event(BEYOND, begin - pd.Timedelta("1d"), 1.0)
    allowed = int((end - begin).total_seconds())

    place = next(number for number, time in enumerate(times) if time > behind)
    in_time = run(fraud_config, tmp_path / "in_time", [early, *lines[:place], late, *lines[place:], after])
    found = run(
        fraud_config, tmp_path / "late", [early, *lines, late, beyond, after], f"job.events.allowed_lateness={allowed}s"
    )

    assert found.summary.reasons["late"] == 1
    (letter,) = (row for row in found.dead_letters.to_dict("records") if row["reason"] == "late")
    assert letter["value"] == beyond
    text = f"event time is more than {allowed * 1_000} ms behind the watermark, which trails the latest event by"
    assert letter["error"] == f"{text} 0 ms"
    columns = ["event_id", "prediction", "status"]
    same, wanted = (run.predictions[columns].sort_values("event_id", ignore_index=True) for run in (found, in_time))
    assert {EARLY, LATE, AFTER} <= set(wanted["event_id"])
    pd.testing.assert_frame_equal(same, wanted, check_exact=True)


def run(config: Path, folder: Path, lines: list[str], *overrides: str) -> JobRun:
    folder.mkdir()
    source = folder / "in.jsonl"
    source.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return run_job(config, source, folder / "out", overrides=[PROMPT, *overrides])
