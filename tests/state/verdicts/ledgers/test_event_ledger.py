from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.verdicts.judged import Judged
from state.verdicts.judging.judge import Judge
from state.verdicts.ledgers.event_ledger import EventLedger
from state.verdicts.ledgers.ledger import Ledger
from state.verdicts.ledgers.unit_ledger import UnitLedger
from state.verdicts.outcomes import Outcomes, in_order
from tests.state.verdicts.made import Row, assert_same, cut, outcomes, same_arms
from tests.state.verdicts.tasks import Task
from tests.state.verdicts.trials import measured, trial

PER_UNIT = (False, True, False)
METRICS = len(PER_UNIT)
AT, LATER = 1_000, 2_000
NOTHING = math.nan


@st.composite
def events(draw: st.DrawFn) -> list[Outcomes]:
    """Events of a ramp, each once, some with an outcome that comes later."""
    values = st.sampled_from([NOTHING, 0.0, 1.0, -2.5, 0.1])
    parts = []
    points = draw(st.lists(st.integers(0, 2**64 - 1), unique=True, max_size=30))
    of_step = cut(points, draw(st.lists(st.integers(0, 30), max_size=2)))
    for step, own in enumerate(of_step):
        now: list[Row] = []
        later: list[Row] = []
        for point in own:
            time, arm = draw(st.integers(0, AT)), point % 3
            known, label = draw(st.sampled_from([0.0, 0.25, 1.0])), draw(st.sampled_from([NOTHING, 0.0, 1.0]))
            now.append((point, time, arm, (draw(values), NOTHING, draw(values)), NOTHING, NOTHING))
            if math.isfinite(label):
                later.append((point, time + draw(st.integers(0, AT)), arm, (NOTHING, label, NOTHING), known, label))
        parts.append(outcomes(now, step=step, metrics=METRICS))
        parts.append(outcomes(later, step=step, metrics=METRICS, is_delayed=True))
    return [part for part in parts if len(part)]


def add(ledger: Ledger, parts: list[Outcomes]) -> Ledger:
    for part in in_order(parts):
        ledger.add(part)
    return ledger


def event_ledger() -> EventLedger:
    return EventLedger(PER_UNIT, counts_scores=True)


@given(events())
def test_events_seen_once_have_the_sums_and_records_of_units_that_no_ramp_moves(parts: list[Outcomes]) -> None:
    by_event = add(event_ledger(), parts)
    by_unit = add(UnitLedger(PER_UNIT, same_arms, counts_scores=True), parts)
    assert_same(by_event.cells, by_unit.cells)
    for mine, its in zip(by_event.cells.cells.values(), by_unit.cells.cells.values(), strict=True):
        assert (mine.positives, mine.negatives) == (its.positives, its.negatives)
    asked = [measured(name=f"m{number}") for number in range(METRICS)]
    found = [
        Judge(trial(*asked, enabled=(0, 1, 2))).look([ledger.cells.to_bytes()], LATER) for ledger in (by_event, by_unit)
    ]
    assert len(found[0]) == len(found[1])
    for left, right in zip(*found, strict=True):
        for numbers, its in ((left.pop("numbers"), right.pop("numbers")), *pairs(left.pop("arms"), right.pop("arms"))):
            assert finite(numbers) == pytest.approx(finite(its), rel=1e-6, abs=1e-9, nan_ok=True)
        assert left == right


def pairs(left: dict[str, Any], right: dict[str, Any]) -> list[tuple[Any, Any]]:
    assert left.keys() == right.keys()
    return [(left[name], right[name]) for name in left]


def finite(numbers: dict[str, float | None]) -> dict[str, float]:
    return {name: math.nan if value is None else value for name, value in numbers.items()}


def test_later_outcome_is_no_unit_and_no_traffic() -> None:
    ledger = EventLedger((True,))
    ledger.add(outcomes([(1, 5, 0, (NOTHING,), NOTHING, NOTHING), (2, 7, 0, (NOTHING,), NOTHING, NOTHING)]))
    ledger.add(outcomes([(1, 90, 0, (1.0,), 0.5, 1.0)], is_delayed=True))
    cell = ledger.cells.cells[0, 0]
    assert (cell.units, cell.assigned, cell.first_ms, cell.last_ms) == (2, 2, 5, 7)
    assert (float(cell.moments[0].count), float(cell.moments[0].mean), cell.events, cell.positives) == (1, 1, [1], 1)
    assert ledger.cells.active == {0: 2}


def test_event_that_comes_again_counts_again() -> None:
    ledger = EventLedger((False,))
    for time in (1, 2):
        ledger.add(outcomes([(1, time, 0, (1.0,), NOTHING, NOTHING)]))
    assert ledger.cells.cells[0, 0].units == 2


@given(events(), st.integers(0, 6))
def test_restored_ledger_goes_on_to_the_bit(parts: list[Outcomes], at: int) -> None:
    undisturbed, stopped, restored = event_ledger(), event_ledger(), event_ledger()
    for part in parts:
        undisturbed.add(part)
    for part in parts[:at]:
        stopped.add(part)
    restored.restore(stopped.to_bytes())
    for part in parts[at:]:
        restored.add(part)
    assert restored.to_bytes() == undisturbed.to_bytes()


def state_after(looks: int) -> int:
    """Bytes of state of a shard at the end of a stream whose looks have 500 events each."""
    judged = Judged((False, True), 10, same_arms, counts_scores=True, assigns_events=True)
    task, dice = Task({"test": judged}), np.random.default_rng(4)
    for look in range(looks):
        points = dice.integers(0, 2**64, 500, np.uint64, endpoint=False).tolist()
        rows: list[Row] = [(point, look * 10, point % 3, (1.0, 2.0), 0.5, float(point % 2)) for point in points]
        task.arrive(1, outcomes(rows, metrics=2))
        task.advance(look * 10 + 10)
    return sum(map(len, task.store.stores[1].values()))


def test_state_does_not_grow_with_the_stream() -> None:
    assert state_after(200) < 1.2 * state_after(20) < 200_000
