from __future__ import annotations

import datetime as dt
import io
import json

from gress.autoscale.log import DecisionLog
from tests.gress.autoscale.decisions import AWAY, CALM, STARTING, UP

NOW = dt.datetime(2026, 11, 28, 1, 2, 3, 456_789, tzinfo=dt.timezone.utc)


def test_each_cause_to_hold_is_shown_once_and_every_change() -> None:
    shown = io.StringIO()
    log = DecisionLog(shown, now=lambda: NOW)
    for decision in (CALM, CALM, UP, STARTING, STARTING, CALM, AWAY):
        log.note(decision)
    assert shown.getvalue().splitlines() == [
        "2026-11-28T01:02:03Z hold at 2: 'work' needs 60% of its time",
        "2026-11-28T01:02:03Z up from 2 to 5: 'work' needs 150% of its time",
        "2026-11-28T01:02:03Z hold at 5: the job is RESTARTING",
        "2026-11-28T01:02:03Z hold at 2: 'work' needs 60% of its time",
        '2026-11-28T01:02:03Z hold: cluster x: said "no"',
    ]


def test_whole_log_has_every_decision_with_what_was_measured() -> None:
    shown, whole = io.StringIO(), io.StringIO()
    log = DecisionLog(shown, whole, is_json=True, now=lambda: NOW)
    for decision in (CALM, CALM, UP):
        log.note(decision)
    lines = [json.loads(line) for line in whole.getvalue().splitlines()]
    assert [line["action"] for line in lines] == ["hold", "hold", "up"]
    assert [json.loads(line) for line in shown.getvalue().splitlines()] == [lines[0], lines[2]]
    assert lines[2] == {
        "at": "2026-11-28T01:02:03.456+00:00",
        "action": "up",
        "cause": "load",
        "reason": "'work' needs 150% of its time",
        "current": {"a": 1, "b": 2},
        "wanted": {"a": 1, "b": 5},
        "loads": {
            "a": {"name": "read", "parallelism": 1, "target_s": 300.0, "true_rate": None, "utilization": 0.0},
            "b": {"name": "work", "parallelism": 2, "target_s": 300.0, "true_rate": 100.0, "utilization": 1.5},
        },
        "pending": 70.0,
        "slots": 2,
        "wanted_slots": 5,
    }
