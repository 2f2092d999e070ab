"""Ledgers of bandits, against sums over rows that are written out, and the estimator of logged policies."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from dataclasses import replace

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.experiments.policies.snips import value_under_policy
from state.verdicts.bandits.rewards import Bandit, live_arms, reward_of
from state.verdicts.cells import Cells, together
from state.verdicts.ledgers.reward_ledger import RewardLedger
from state.verdicts.ledgers.unit_reward_ledger import UnitRewardLedger
from state.verdicts.outcomes import Outcomes
from tests.state.verdicts.made import Row, cut, few_rows, outcomes

ROUNDS = ((0.5, 0.3, 0.2), (0.2, 0.7, 0.1), (0.05, 0.05, 0.9))
Rounds = list[list[Row]]


def parts_of(rounds: Rounds) -> list[Outcomes]:
    return [outcomes(rows, step=step, shares=ROUNDS[step]) for step, rows in enumerate(rounds) if rows]


def ledger(has_units: bool, parts: list[Outcomes], metrics: int = 1) -> RewardLedger:
    made = UnitRewardLedger(metrics, 3) if has_units else RewardLedger(metrics)
    for part in parts:
        made.add(part)
    return made


def weight(step: int, arm: int) -> float:
    return 1 / ROUNDS[step][arm] / sum(1 / share for share in ROUNDS[step])


@given(st.lists(few_rows(1), min_size=3, max_size=3), st.booleans())
def test_sums_are_those_of_weighed_rows(rounds: Rounds, has_units: bool) -> None:
    cells = ledger(has_units, parts_of(rounds)).cells
    sums: dict[int, dict[object, list[float]]] = defaultdict(lambda: defaultdict(lambda: [0.0, 0.0]))
    for step, rows in enumerate(rounds):
        for number, (point, _, arm, (value,), _, _) in enumerate(rows):
            if math.isfinite(value):
                unit = sums[arm][point if has_units else (step, number)]
                unit[0] += weight(step, arm) * value
                unit[1] += weight(step, arm)
    for arm in range(3):
        found = [cell.moments[0] for (each, _), cell in cells.cells.items() if each == arm]
        units = np.array(list(sums[arm].values())).reshape(-1, 2)
        total = sum(float(moments.count) for moments in found)
        assert total == len(units)
        if total:
            whole = sum(found[1:], found[0])
            assert whole.means[:2] == pytest.approx(units.mean(axis=0), abs=1e-9)
            spread = (units - units.mean(axis=0)).T @ (units - units.mean(axis=0))
            assert whole.products[:2, :2] == pytest.approx(spread, rel=1e-6, abs=1e-4)


@given(st.lists(few_rows(1), min_size=3, max_size=3), st.booleans())
def test_units_are_counted_where_they_were_assigned(rounds: Rounds, has_units: bool) -> None:
    cells = ledger(has_units, parts_of(rounds)).cells
    seen: dict[object, int] = {}
    answered: set[tuple[object, int]] = set()
    assigned, units, active = defaultdict(int), defaultdict(int), defaultdict(set)
    for step, rows in enumerate(rounds):
        for number, (point, _, arm, _, _, _) in enumerate(rows):
            unit = point if has_units else (step, number)
            active[step].add(unit)
            assigned[arm, step] += unit not in seen
            units[arm, step] += (unit, arm) not in answered
            seen.setdefault(unit, step)
            answered.add((unit, arm))
    assert {key: cell.assigned for key, cell in cells.cells.items() if cell.assigned} == {
        key: count for key, count in assigned.items() if count
    }
    assert {key: cell.units for key, cell in cells.cells.items() if cell.units} == {
        key: count for key, count in units.items() if count
    }
    assert cells.active == {step: len(found) for step, found in active.items()}


@given(st.lists(few_rows(1), min_size=3, max_size=3), st.lists(st.integers(0, 90)), st.booleans())
def test_snapshot_between_any_rows_changes_nothing(rounds: Rounds, places: list[int], has_units: bool) -> None:
    whole = [(step, row) for step, rows in enumerate(rounds) for row in rows]
    uninterrupted, restored = ledger(has_units, []), ledger(has_units, [])
    for part in cut(whole, places):
        for step in range(3):
            rows = [row for each, row in part if each == step]
            if rows:
                uninterrupted.add(outcomes(rows, step=step, shares=ROUNDS[step]))
                restored.add(outcomes(rows, step=step, shares=ROUNDS[step]))
        data = restored.to_bytes()
        restored = ledger(has_units, [])
        restored.restore(data)
        assert restored.to_bytes() == data
    assert restored.cells.to_bytes() == uninterrupted.cells.to_bytes()


def rewards(cells: Cells) -> list[tuple[float, float, float]]:
    bandit = Bandit(0, "clicks", False, 0.05, 2, 0.05 * 3, 5_000)
    arms = live_arms(cells, (0, 1, 2))
    return [(each.value, each.se, each.effective_units) for each in (reward_of(bandit, cells, a, arms) for a in arms)]


@pytest.mark.parametrize("has_units", [False, True], ids=["events", "units"])
def test_value_of_a_variant_is_that_of_a_self_normalised_policy(has_units: bool) -> None:
    rng = np.random.default_rng(7)
    rounds: Rounds = []
    for shares in ROUNDS:
        arms = rng.choice(3, 500, p=shares)
        points = rng.integers(0, 80, 500)
        hits = (rng.random(500) < 0.1 + 0.2 * arms).astype(float)
        rows = zip(points.tolist(), arms.tolist(), hits.tolist(), strict=True)
        rounds.append([(point, 0, arm, (hit,), np.nan, hit) for point, arm, hit in rows])
    # Shards add up.
    parts = [part.take(part.points % np.uint64(2) == half) for half in range(2) for part in parts_of(rounds)]
    shards = [ledger(has_units, parts[:3]), ledger(has_units, parts[3:])]
    cells = together([shard.cells for shard in shards], 1)
    whole = [(step, number, row) for step, rows in enumerate(rounds) for number, row in enumerate(rows)]
    for arm, (value, se, effective) in enumerate(rewards(cells)):
        own = [(step, number, row) for step, number, row in whole if row[2] == arm]
        units = [row[0] if has_units else 500 * step + number for step, number, row in own]
        values = [row[3][0] for _, _, row in own]
        golden = value_under_policy(units, values, [weight(step, arm) for step, _, _ in own])
        assert (value, effective) == (pytest.approx(golden.value), pytest.approx(golden.effective_units))
        assert se == pytest.approx(golden.se)


def test_label_that_comes_later_is_a_value_and_no_unit() -> None:
    first = outcomes([(1, 5, 0, (np.nan,), np.nan, np.nan)], shares=ROUNDS[0])
    later = replace(outcomes([(1, 5, 0, (1.0,), 0.5, 1.0)], shares=ROUNDS[0]), is_delayed=True)
    for has_units in (False, True):
        (cell,) = ledger(has_units, [first, later]).cells.cells.values()
        assert (cell.units, cell.assigned, cell.positives, cell.events, cell.last_ms) == (1, 1, 1, [1.0], 5)
        assert float(cell.moments[0].count) == 1


def test_unit_with_two_variants_in_one_round_is_seen_in_both_and_one_that_moves_is_not() -> None:
    moved = [outcomes([(1, 0, 0, (1.0,), 0, 0)], step=0), outcomes([(1, 1, 1, (1.0,), 0, 0)], step=1)]
    both = [outcomes([(1, 0, 0, (1.0,), 0, 0), (1, 1, 1, (1.0,), 0, 0), (1, 2, 1, (1.0,), 0, 0)])]
    for parts, count in ((moved, 0), (both, 1)):
        assert sum(cell.in_both for cell in ledger(True, parts).cells.cells.values()) == count


def test_events_are_not_remembered() -> None:
    rows: list[Row] = [(point, 0, 0, (1.0,), 0.5, 1.0) for point in range(1_000)]
    few, many = (len(ledger(False, [outcomes(rows[:count])]).to_bytes()) for count in (10, 1_000))
    assert many - few < 20


def test_values_that_are_no_rates_are_counted() -> None:
    rows: list[Row] = [(1, 0, 0, (value, 1.0), 0, 0) for value in (0.0, 1.0, 0.5, 2.0, np.nan)]
    made = ledger(False, [outcomes(rows, metrics=2)], metrics=2)
    assert made.cells.fractions == [2, 0]
    assert together([made.cells, Cells.from_bytes(made.cells.to_bytes())], 2).fractions == [4, 0]


def test_bytes_of_another_version_are_refused() -> None:
    data = ledger(True, [outcomes([(1, 0, 0, (1.0,), 0, 0)])]).to_bytes()
    end = data.index(b"\n")
    other = orjson.dumps({**orjson.loads(data[:end]), "version": 9}) + data[end:]
    text = "rewards: expected format 1, got 9; start the experiment under another name"
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        ledger(True, []).restore(other)
