from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.experiments.moments import Moments
from state.verdicts.cells import Cells
from state.verdicts.ledger import UnitLedger
from tests.state.verdicts.made import SHARES, Row, cut, few_rows, outcomes

PER_UNIT = (False, True, False)
Batches = list[tuple[int, list[Row]]]


@dataclass
class Unit:
    arm: int
    step: int
    is_in_both: bool = False
    values: list[list[float]] = field(default_factory=lambda: [[] for _ in PER_UNIT])


@dataclass
class ByHand:
    """Units row by row; moments are found anew from all of their values."""

    units: dict[int, Unit] = field(default_factory=dict)
    last_ms: dict[tuple[int, int], int] = field(default_factory=dict)
    scored: dict[tuple[int, int], list[tuple[float, float]]] = field(default_factory=dict)

    def add(self, step: int, rows: list[Row]) -> None:
        for point, time, arm, values, score, label in rows:
            unit = self.units.setdefault(point, Unit(arm, step))
            self.last_ms[arm, step] = max(self.last_ms.get((arm, step), time), time)
            if unit.arm != arm:
                unit.is_in_both = True
                continue
            for own, value in zip(unit.values, values, strict=True):
                own.extend([value] if math.isfinite(value) else [])
            if math.isfinite(score) and math.isfinite(label):
                self.scored.setdefault((arm, unit.step), []).append((score, label))

    def of(self, arm: int, step: int) -> list[Unit]:
        return [unit for unit in self.units.values() if (unit.arm, unit.step) == (arm, step)]


def moments(units: list[Unit], metric: int) -> Moments:
    known = [unit.values[metric] for unit in units if unit.values[metric]]
    events = None if PER_UNIT[metric] else [len(values) for values in known]
    return Moments.from_units([math.fsum(values) for values in known], events)


def assert_counts(cells: Cells, expected: ByHand) -> None:
    for (arm, step), cell in cells.cells.items():
        units = expected.of(arm, step)
        assert (cell.units, cell.in_both) == (len(units), sum(unit.is_in_both for unit in units))
        assert cell.last_ms == expected.last_ms.get((arm, step), -(2**63))
        for metric, found in enumerate(cell.moments):
            assert cell.events[metric] == sum(len(unit.values[metric]) for unit in units)
            np.testing.assert_allclose(found.pack(), moments(units, metric).pack(), rtol=1e-9, atol=1e-2)
        scored = expected.scored.get((arm, step), [])
        assert (0 if cell.scores is None else cell.scores.counts.sum()) == len(scored)
        if cell.scores is not None:
            assert cell.scores.counts[1].sum() == sum(label > 0 for _, label in scored)
    counted = {(unit.arm, unit.step) for unit in expected.units.values()} | expected.last_ms.keys()
    assert cells.cells.keys() >= counted


def ledger_of(batches: Batches) -> UnitLedger:
    ledger = UnitLedger(PER_UNIT, counts_scores=True)
    for step, rows in batches:
        ledger.add(outcomes(rows, step=step, metrics=len(PER_UNIT)))
    return ledger


SOME = st.lists(st.tuples(st.integers(0, 2), few_rows(len(PER_UNIT))), max_size=5)


@given(SOME)
def test_sums_are_those_of_units_counted_row_by_row(batches: Batches) -> None:
    expected = ByHand()
    for step, rows in batches:
        expected.add(step, rows)
    ledger = ledger_of(batches)
    assert len(ledger) == len(expected.units)
    assert ledger.cells.shares == {step: SHARES for step, _ in batches}
    assert_counts(ledger.cells, expected)


@given(few_rows(len(PER_UNIT)), st.lists(st.integers(0, 30), max_size=6))
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
    ledger = UnitLedger((False,))
    ledger.add(outcomes([(1, 0, 0, (1.0,), 0.5, 1.0)], step=0))
    ledger.add(outcomes([(1, 1, 1, (9.0,), 0.5, 1.0), (1, 2, 0, (3.0,), 0.5, 1.0)], step=1))
    first = ledger.cells.cells[0, 0]
    assert (first.units, first.in_both, first.events, float(first.moments[0].ratio)) == (1, 1, [2.0], 2.0)
    assert {key: cell.units for key, cell in ledger.cells.cells.items()} == {(0, 0): 1, (0, 1): 0, (1, 1): 0}


@given(SOME, st.integers(0, 5))
def test_restored_ledger_goes_on_to_the_bit(batches: Batches, at: int) -> None:
    undisturbed = ledger_of(batches)
    stopped = ledger_of(batches[:at])
    restored = UnitLedger(PER_UNIT, counts_scores=True)
    restored.restore(stopped.to_bytes())
    for step, rows in batches[at:]:
        restored.add(outcomes(rows, step=step, metrics=len(PER_UNIT)))
    assert restored.to_bytes() == undisturbed.to_bytes()
    assert len(restored) == len(undisturbed)


@pytest.mark.parametrize("units", [256, 257, 5_000], ids=["full", "one more", "many"])
def test_restored_ledger_has_room_for_its_units(units: int) -> None:
    rows: list[Row] = [(point, 0, point % 2, (1.0 * point,), np.nan, np.nan) for point in range(units)]
    ledger = UnitLedger((False,))
    ledger.add(outcomes(rows))
    restored = UnitLedger((False,))
    restored.restore(ledger.to_bytes())
    for each in (ledger, restored):
        each.add(outcomes([(2**40 + point, 1, 0, (2.0,), np.nan, np.nan) for point in range(300)]))
    assert len(restored) == units + 300
    assert restored.to_bytes() == ledger.to_bytes()
