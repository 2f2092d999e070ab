from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.inspect import spec_from_file
from models.runtimes.options import RuntimeOptions
from models.scoring.batch_times import BatchTime, batches_of, best_batch, time_batches
from models.scoring.loaded import load_model
from models.scoring.sessions import SessionPool
from tests.support.tiny_models import write_linear


class Machine:
    """A model on a clock of its own: a call takes a fixed time and a time for each row."""

    def __init__(self, fixed_s: float, row_s: float) -> None:
        self.fixed_s, self.row_s = fixed_s, row_s
        self.now = 0.0
        self.calls: list[int] = []

    def prepare(self, rows: int) -> Callable[[], object]:
        def call() -> None:
            self.calls.append(rows)
            # The first call of a size takes ten times as long.
            self.now += (self.fixed_s + rows * self.row_s) * (1 if self.calls.count(rows) > 1 else 10)

        return call

    def clock(self) -> float:
        return self.now


def test_times_are_those_of_the_calls_after_the_first() -> None:
    machine = Machine(1e-3, 1e-5)
    times = time_batches(machine.prepare, (1, 100), limit_s=1, budget_s=0.1, clock=machine.clock)
    assert [each.median_s for each in times] == pytest.approx([1.01e-3, 2e-3])
    assert [each.p99_s for each in times] == pytest.approx([1.01e-3, 2e-3])
    assert [each.rows_per_s for each in times] == pytest.approx([1 / 1.01e-3, 50_000])
    assert machine.calls.count(1) == 1 + 100
    assert machine.calls.count(100) == 1 + 50


def test_sizes_that_take_too_long_are_not_tried() -> None:
    machine = Machine(0, 1e-4)
    times = time_batches(machine.prepare, (1, 100, 1_000, 10_000), limit_s=0.05, clock=machine.clock)
    assert [each.rows for each in times] == [1, 100]
    assert 10_000 not in machine.calls


def test_first_size_is_timed_whatever_it_takes() -> None:
    machine = Machine(1, 0)
    (timed,) = time_batches(machine.prepare, (7, 8), limit_s=0.1, clock=machine.clock)
    assert (timed.rows, timed.median_s) == (7, 1)
    assert machine.calls.count(7) == 1 + 5


@given(
    st.lists(st.floats(1e-6, 10), min_size=1, max_size=8),
    st.floats(0, 0.5),
)
def test_smallest_batch_about_as_fast_as_any_is_the_best(medians: list[float], within: float) -> None:
    times = [BatchTime(10**place, seconds, seconds) for place, seconds in enumerate(medians)]
    found = best_batch(times, within=within)
    fastest = max(each.rows / each.median_s for each in times)
    enough = [each.rows for each in times if each.rows / each.median_s >= (1 - within) * fastest]
    assert found.rows == min(enough)


def test_real_model_is_timed(tmp_path: Path) -> None:
    path = write_linear(tmp_path)
    model = load_model(spec_from_file(path, "m", "1"), path, RuntimeOptions(), sessions=SessionPool())
    times = time_batches(batches_of(model), (1, 1_000), limit_s=10, budget_s=0.01)
    assert [each.rows for each in times] == [1, 1_000]
    assert times[1].rows_per_s > times[0].rows_per_s > 0
