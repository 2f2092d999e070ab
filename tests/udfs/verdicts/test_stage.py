from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import pytest

from state.drift.rows import TIME_DIGITS, joined_texts
from state.verdicts.judged import Judged
from state.verdicts.outcomes import Outcomes
from tests.state.verdicts.made import outcomes, same_arms
from tests.state.verdicts.trials import Arm, sums, trial
from tests.udfs.verdicts.keyed import Context
from udfs.verdicts import stage

LABELS = (11, 22, 33)
BETTER = {0: Arm(), 1: Arm(mean=2.0)}


class Judges:
    """The judge's operator, which gets sums of shards and gives records."""

    def __init__(self, context: Context | None = None, act: Any = None, trials: Any = None) -> None:
        self.context = context or Context()
        self.function = stage.JudgeExperiments({"test": trial()} if trials is None else trials, act or {})
        self.function.open(self.context)

    def take(self, label: int, at_ms: int, data: bytes) -> None:
        self.context.key = "test"
        assert list(self.function.process_element(("test", label, at_ms, data), self.context)) == []

    def advance(self, watermark: int) -> list[dict[str, Any]]:
        return [json.loads(text) for text in self.context.advance(watermark, self.function.on_timer)]


def text(rows: Outcomes) -> str:
    return f"{rows.times.max():0{TIME_DIGITS}d}{base64.b64encode(rows.to_bytes()).decode()}"


def test_outcomes_are_split_by_unit_and_none_is_lost() -> None:
    dice = np.random.default_rng(2)
    points = dice.integers(0, 2**64, 300, np.uint64, endpoint=False)
    rows = [(int(point), number, 0, (1.0,), np.nan, np.nan) for number, point in enumerate(points)]
    parts = [outcomes(rows[:150], name="one"), outcomes(rows[150:], name="two")]
    joined = joined_texts(map(text, parts))
    function = stage.SplitOutcomes(LABELS)
    found = [(row[0], Outcomes.from_bytes(row[1])) for row in function.flat_map((joined,))]
    shard_of = {int(point): label for label, part in found for point in part.points}
    assert {label for label, _ in found} == set(LABELS)
    assert sum(len(part) for _, part in found) == len(rows)
    assert len(shard_of) == len(rows)
    again = [(row[0], Outcomes.from_bytes(row[1])) for row in function.flat_map((text(outcomes(rows[::-1])),))]
    assert {int(point): label for label, part in again for point in part.points} == shard_of
    # A variant's points are an interval; each shard has its part of them.
    assert [len(part) > 10 for _, part in found] == [True] * len(found)


def test_units_are_counted_by_shard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "labels_with_state", lambda context, states: iter(()))
    context, function = Context(), stage.CountUnits({"test": Judged((False,), 10, same_arms)})
    function.open(context)
    for label in LABELS[:2]:
        context.key = label
        rows = outcomes([(label, 5, 0, (1.0,), np.nan, np.nan), (label, 15, 0, (1.0,), np.nan, np.nan)])
        assert list(function.process_element(rows.to_bytes(), context)) == []
    found = context.advance(12, function.on_timer)
    assert [(row[0], row[1], row[2]) for row in found] == [("test", 11, 10), ("test", 22, 10)]
    assert {at_ms for at_ms, _ in context.timers} == {20}


def test_records_come_at_looks_with_the_sums_of_all_shards() -> None:
    judges = Judges()
    judges.take(1, 10, sums({0: Arm()}))
    judges.take(2, 10, sums({1: Arm()}))
    judges.take(2, 20, sums({1: Arm(mean=2.0)}))
    assert [(each["looked_at"], each["action"]) for each in judges.advance(20)] == [(10, "continue"), (20, "promote")]


def test_judge_goes_on_after_a_restore() -> None:
    judges = Judges()
    judges.take(1, 10, sums(BETTER))
    judges.advance(10)
    judges = Judges(judges.context.restored())
    judges.take(1, 20, sums({0: Arm(units=5_001), 1: Arm(units=5_001, mean=1.01)}))
    assert [each["action"] for each in judges.advance(20)] == ["promote"]


def test_looks_never_go_back_after_a_restore() -> None:
    """Shard 1 had no rows since its look at 10, and gets late ones for 20; shard 2 has been looked at until 50."""
    judges = Judges()
    judges.take(1, 10, sums({0: Arm(units=100)}))
    judges.take(2, 50, sums({1: Arm(units=100)}))
    judges.advance(50)
    judges = Judges(judges.context.restored())
    judges.take(1, 20, sums({0: Arm(units=101)}))
    (record,) = judges.advance(50)
    assert record["looked_at"] == 50
    assert {name: of["units"] for name, of in record["arms"].items()} == {"control": 101, "new": 100}


def test_experiment_that_is_gone_does_no_harm() -> None:
    judges = Judges()
    judges.take(1, 10, sums(BETTER))
    judges = Judges(judges.context.restored(), trials={})
    judges.take(1, 20, sums(BETTER))
    assert judges.advance(20) == []


def test_record_says_what_was_done() -> None:
    judges = Judges(act={"test": lambda record: {"state": record["action"]}})
    judges.take(1, 10, sums(BETTER))
    (record,) = judges.advance(10)
    assert record["done"] == {"state": "promote"}
