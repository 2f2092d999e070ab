from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from state.experiments.moments import Moments
from state.verdicts.cells import Cells
from state.verdicts.ledgers.unit_ledger import UnitLedger
from state.verdicts.outcomes import Outcomes
from tests.state.verdicts.made import Row, cut, few_rows, outcomes

PER_UNIT = (False, True, False)
SHARES = ((0.5, 0.3, 0.2), (0.4, 0.4, 0.2), (0.2, 0.5, 0.3))
Batches = list[tuple[int, list[Row]]]


@dataclass
class Unit:
    arm: int
    step: int
    last_step: int
    is_moved: bool = False
    is_in_both: bool = False
    values: list[list[float]] = field(default_factory=lambda: [[] for _ in PER_UNIT])


@dataclass
class ByHand:
    """Units row by row; moments are found anew from all of their values."""

    units: dict[int, Unit] = field(default_factory=dict)
    times: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    active: dict[int, int] = field(default_factory=dict)
    scored: dict[tuple[int, int], list[tuple[float, float]]] = field(default_factory=dict)

    def add(self, step: int, rows: list[Row]) -> None:
        if step > max(self.active, default=step):
            for point, unit in self.units.items():
                unit.is_moved |= variant_at(point, step) != unit.arm
        self.active.setdefault(step, 0)
        for point, time, arm, values, score, label in rows:
            unit = self.units.get(point)
            if unit is None:
                latest = max(self.active)
                is_moved = step < latest and variant_at(point, latest) != arm
                unit = self.units[point] = Unit(arm, step, -1, is_moved)
            self.times.setdefault((arm, step), []).append(time)
            if unit.last_step < step:
                unit.last_step = step
                self.active[step] += 1
            self.count(unit, arm, values)
            is_counted = unit.arm == arm and unit.step == step and not unit.is_moved
            if is_counted and math.isfinite(score) and math.isfinite(label):
                self.scored.setdefault((arm, step), []).append((score, label))

    def count(self, unit: Unit, arm: int, values: tuple[float, ...]) -> None:
        if unit.is_moved:
            return
        if unit.arm != arm:
            unit.is_in_both = True
            return
        for own, value in zip(unit.values, values, strict=True):
            own.extend([value] if math.isfinite(value) else [])

    def assigned(self, arm: int, step: int) -> list[Unit]:
        return [unit for unit in self.units.values() if (unit.arm, unit.step) == (arm, step)]

    def of(self, arm: int, step: int) -> list[Unit]:
        return [unit for unit in self.assigned(arm, step) if not unit.is_moved]


def variant_at(point: int, step: int) -> int:
    return (point + step) // 2 % 3


def arms_of(points: NDArray[np.uint64], shares: tuple[float, ...]) -> NDArray[np.int64]:
    return np.array([variant_at(point, SHARES.index(shares)) for point in points.tolist()], np.int64)


def batch(rows: Sequence[Row], step: int, metrics: int = len(PER_UNIT)) -> Outcomes:
    return outcomes(rows, step=step, metrics=metrics, shares=SHARES[step])


def moments(units: list[Unit], metric: int) -> Moments:
    known = [unit.values[metric] for unit in units if unit.values[metric]]
    events = None if PER_UNIT[metric] else [len(values) for values in known]
    return Moments.from_units([math.fsum(values) for values in known], events)


def assert_counts(cells: Cells, expected: ByHand) -> None:
    for (arm, step), cell in cells.cells.items():
        units = expected.of(arm, step)
        assert (cell.units, cell.in_both) == (len(units), sum(unit.is_in_both for unit in units))
        assert cell.assigned == len(expected.assigned(arm, step))
        times = expected.times.get((arm, step))
        assert (cell.first_ms, cell.last_ms) == ((min(times), max(times)) if times else (2**63 - 1, -(2**63)))
        for metric, found in enumerate(cell.moments):
            assert cell.events[metric] == sum(len(unit.values[metric]) for unit in units)
            np.testing.assert_allclose(found.pack(), moments(units, metric).pack(), rtol=1e-9, atol=1e-2)
        scored = expected.scored.get((arm, step), [])
        assert (0 if cell.scores is None else cell.scores.counts.sum()) == len(scored)
        if cell.scores is not None:
            assert cell.scores.counts[1].sum() == sum(label > 0 for _, label in scored)
    assert cells.active == expected.active
    assert cells.cells.keys() >= expected.times.keys()


def ledger_of(batches: Batches) -> UnitLedger:
    ledger = UnitLedger(PER_UNIT, arms_of, counts_scores=True)
    for step, rows in batches:
        ledger.add(batch(rows, step))
    return ledger


SOME = st.lists(st.tuples(st.integers(0, 2), few_rows(len(PER_UNIT))), max_size=5)


@given(SOME)
def test_sums_are_those_of_units_counted_row_by_row(batches: Batches) -> None:
    expected = ByHand()
    for step, rows in batches:
        expected.add(step, rows)
    ledger = ledger_of(batches)
    assert len(ledger) == len(expected.units)
    assert ledger.cells.shares == {step: SHARES[step] for step, _ in batches}
    assert_counts(ledger.cells, expected)


@given(few_rows(len(PER_UNIT), least=1), st.lists(st.integers(0, 30), max_size=6))
def test_sums_do_not_depend_on_how_rows_are_cut(rows: list[Row], places: list[int]) -> None:
    expected = ByHand()
    expected.add(1, rows)
    assert_counts(ledger_of([(1, list(part)) for part in cut(rows, places)]).cells, expected)


def test_many_units_grow_in_many_adds() -> None:
    dice = np.random.default_rng(3)
    expected, batches = ByHand(), []
    for number in range(12):
        points = dice.integers(0, 3_000, 700).tolist()
        values = dice.normal(5, 2, (700, len(PER_UNIT)))
        values[dice.random(values.shape) < 0.2] = np.nan
        rows: list[Row] = [
            (point, number, point % 3 if dice.random() < 0.99 else 0, tuple(own), float(dice.random()), 1.0)
            for point, own in zip(points, values.tolist(), strict=True)
        ]
        batches.append((number % 2, rows))
        expected.add(*batches[-1])
    ledger = ledger_of(batches)
    assert len(ledger) > 2_500
    assert_counts(ledger.cells, expected)
    assert any(cell.in_both for cell in ledger.cells.cells.values())


def test_unit_keeps_its_first_variant_and_step() -> None:
    """Point 2 has variant 1 at both steps."""
    ledger = UnitLedger((False,), arms_of)
    ledger.add(batch([(2, 5, 1, (1.0,), 0.5, 1.0)], 0, 1))
    ledger.add(batch([(2, 6, 0, (9.0,), 0.5, 1.0), (2, 7, 1, (3.0,), 0.5, 1.0)], 1, 1))
    first = ledger.cells.cells[1, 0]
    assert (first.units, first.in_both, first.events, float(first.moments[0].ratio)) == (1, 1, [2.0], 2.0)
    assert {key: cell.units for key, cell in ledger.cells.cells.items()} == {(1, 0): 1, (0, 1): 0, (1, 1): 0}


def test_units_that_a_ramp_moves_count_for_no_variant_but_were_assigned() -> None:
    """Point 1 has variant 0, then 1; point 4 has variant 2 at both steps."""
    ledger = UnitLedger((False,), arms_of)
    ledger.add(batch([(1, 5, 0, (1.0,), 0.5, 1.0), (4, 5, 2, (5.0,), 0.5, 1.0)], 0, 1))
    ledger.add(batch([(1, 6, 1, (9.0,), 0.5, 1.0)], 1, 1))
    cells = ledger.cells.cells
    assert {key: (cell.assigned, cell.units, cell.in_both) for key, cell in cells.items()} == {
        (0, 0): (1, 0, 0),
        (2, 0): (1, 1, 0),
        (1, 1): (0, 0, 0),
    }
    assert [float(cells[key].moments[0].count) for key in ((0, 0), (2, 0), (1, 1))] == [0, 1, 0]
    assert ledger.cells.active == {0: 2, 1: 1}


def test_units_that_come_late_for_their_step_count_only_where_the_ramp_does_not_move_them() -> None:
    ledger = UnitLedger((False,), arms_of)
    ledger.add(batch([(4, 5, 2, (5.0,), 0.5, 1.0)], 1, 1))
    ledger.add(batch([(1, 4, 0, (1.0,), 0.5, 1.0), (2, 4, 1, (1.0,), 0.5, 1.0)], 0, 1))
    ledger.add(batch([(1, 6, 1, (9.0,), 0.5, 1.0)], 1, 1))
    found = {key: (cell.assigned, cell.units, cell.in_both) for key, cell in ledger.cells.cells.items()}
    assert found == {(2, 1): (1, 1, 0), (0, 0): (1, 0, 0), (1, 0): (1, 1, 0), (1, 1): (0, 0, 0)}


@given(SOME, st.integers(0, 5))
def test_restored_ledger_goes_on_to_the_bit(batches: Batches, at: int) -> None:
    undisturbed = ledger_of(batches)
    stopped = ledger_of(batches[:at])
    restored = UnitLedger(PER_UNIT, arms_of, counts_scores=True)
    restored.restore(stopped.to_bytes())
    for step, rows in batches[at:]:
        restored.add(batch(rows, step))
    assert restored.to_bytes() == undisturbed.to_bytes()
    assert len(restored) == len(undisturbed)


@pytest.mark.parametrize("units", [256, 257, 5_000], ids=["full", "one more", "many"])
def test_restored_ledger_has_room_for_its_units(units: int) -> None:
    rows: list[Row] = [(point, 0, point % 2, (1.0 * point,), np.nan, np.nan) for point in range(units)]
    ledger = UnitLedger((False,), arms_of)
    ledger.add(outcomes(rows))
    restored = UnitLedger((False,), arms_of)
    restored.restore(ledger.to_bytes())
    for each in (ledger, restored):
        each.add(outcomes([(2**40 + point, 1, 0, (2.0,), np.nan, np.nan) for point in range(300)]))
    assert len(restored) == units + 300
    assert restored.to_bytes() == ledger.to_bytes()


def test_units_of_another_format_are_refused() -> None:
    data = ledger_of([]).to_bytes().replace(b'"version":1', b'"version":2', 1)
    wanted = "units: expected format 1, got 2; start the experiment under another name"
    with pytest.raises(ValueError, match=wanted):
        UnitLedger(PER_UNIT, arms_of).restore(data)
