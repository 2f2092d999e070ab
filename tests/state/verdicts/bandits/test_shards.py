"""Shards of a bandit: what is saved brings back the rewards to the bit, whatever comes between."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.verdicts.judged import Judged
from tests.state.verdicts.made import Row, few_rows, outcomes, same_arms
from tests.state.verdicts.tasks import Task

LOOK_MS = 50
ROUNDS = ((0.5, 0.3, 0.2), (0.2, 0.7, 0.1))


def judged(has_units: bool) -> dict[str, Judged]:
    return {"test": Judged((False,), LOOK_MS, same_arms, assigns_events=not has_units, bandit_arms=3)}


@given(st.lists(few_rows(1, least=1), min_size=2, max_size=4), st.booleans())
def test_restored_shard_says_what_an_uninterrupted_one_says(rounds: list[list[Row]], has_units: bool) -> None:
    tasks = [Task(judged(has_units)) for _ in range(2)]
    for look, rows in enumerate(rounds):
        shares = ROUNDS[look % 2]
        later = [(point, at + look * LOOK_MS, *rest) for point, at, *rest in rows]
        for task in tasks:
            task.arrive(1, outcomes(later, step=look % 2, shares=shares))  # type: ignore[arg-type]
        tasks[1].restore()
        for task in tasks:
            task.advance((look + 1) * LOOK_MS)
        tasks[1].restore()
    assert tasks[0].sums == tasks[1].sums
    assert len(tasks[0].sums) >= 1


def test_state_of_events_does_not_grow_with_them() -> None:
    sizes = []
    for count in (2_000, 40_000):
        task, rng = Task(judged(has_units=False)), np.random.default_rng(1)
        for look in range(20):
            points = rng.integers(0, 2**63, count // 20).tolist()
            rows: list[Row] = [(point, look * LOOK_MS, point % 3, (1.0,), 0.5, 1.0) for point in points]
            task.arrive(1, outcomes(rows, shares=ROUNDS[0]))
            task.advance((look + 1) * LOOK_MS)
        sizes.append(sum(len(data) for key, data in task.store.current.items() if "|ledger|" in key))
    assert sizes[1] <= sizes[0] + 100 < 3_000


@pytest.mark.parametrize("has_units", [False, True], ids=["events", "units"])
def test_state_of_another_kind_of_experiment_is_refused(has_units: bool) -> None:
    before = Judged((False,), LOOK_MS, same_arms, described="variants a, b")
    task = Task({"test": before})
    task.arrive(1, outcomes([(1, 0, 0, (1.0,), 0.5, 1.0)]))
    bandit = Judged(
        (False,), LOOK_MS, same_arms, described="bandit; variants a, b", assigns_events=not has_units, bandit_arms=3
    )
    with pytest.raises(ValueError, match="give the changed experiment another name"):
        task.restore({"test": bandit})
