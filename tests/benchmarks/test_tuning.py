"""Costs of a function by the rows of a batch."""

from __future__ import annotations

from benchmarks.throughput.tuning import function_costs


def test_a_row_costs_less_in_a_larger_batch() -> None:
    costs = function_costs(rows=100, repeats=1, batches=(1, 100))
    assert costs[1] > 5 * costs[100] > 0
