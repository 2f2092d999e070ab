from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.verdicts.cells import Cells, together
from state.verdicts.ledgers.unit_ledger import UnitLedger
from state.verdicts.outcomes import in_order
from tests.state.verdicts.made import Row, assert_same, few_rows, outcomes, same_arms

SHARDS = 3


def counted(rows: dict[int, list[Row]], *, counts_scores: bool = True) -> Cells:
    ledger = UnitLedger((False, True), same_arms, counts_scores=counts_scores)
    for each in in_order([outcomes(of_step, step=step, metrics=2) for step, of_step in rows.items()]):
        ledger.add(each)
    return ledger.cells


@given(st.dictionaries(st.integers(0, 2), few_rows(2), max_size=3))
def test_sums_of_shards_are_those_of_all_rows(rows: dict[int, list[Row]]) -> None:
    of_shard = [
        {step: [row for row in some if row[0] % SHARDS == shard] for step, some in rows.items()}
        for shard in range(SHARDS)
    ]
    assert_same(together(map(counted, of_shard), 2), counted(rows))


@pytest.mark.parametrize("counts_scores", [True, False], ids=["scores", "no scores"])
@given(st.dictionaries(st.integers(0, 2), few_rows(2), max_size=3))
def test_bytes_bring_back_every_sum(counts_scores: bool, rows: dict[int, list[Row]]) -> None:
    made = counted(rows, counts_scores=counts_scores)
    found = Cells.from_bytes(made.to_bytes())
    assert_same(found, made)
    assert found.to_bytes() == made.to_bytes()


def test_no_units_are_no_cells() -> None:
    assert_same(Cells.from_bytes(Cells(2).to_bytes()), Cells(2))


def test_another_version_is_refused() -> None:
    data = Cells(1).to_bytes().replace(b'"version":1', b'"version":3', 1)
    text = "cells: expected format 1, got 3; start the experiment under another name"
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        Cells.from_bytes(data)


def test_cells_of_a_step_come_in_the_order_of_variants() -> None:
    cells = Cells(1)
    for arm, step in ((2, 0), (0, 0), (1, 1)):
        cells.cell(arm, step)
    assert [arm for arm, _ in cells.at(0)] == [0, 2]
