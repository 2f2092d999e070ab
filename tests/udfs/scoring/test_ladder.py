from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np
import pytest

from models.scoring.inputs import Inputs
from tests.support.cluster import wait_until
from tests.udfs.scoring.models import Answer, Heard, Model, Source, double, is_nan, raises, refuses
from udfs.dead_letters import REASONS
from udfs.scoring.breaker import BreakerOptions, BreakerState
from udfs.scoring.ladder import Ladder, LadderOptions

MATRIX = np.arange(1.0, 9.0, dtype=np.float32).reshape(8, 1)


class Steps:
    """A ladder, what it is made of, and what it said."""

    def __init__(self, model: Model, other: Model | None = None, **options: Any) -> None:
        self.source, self.heard = Source(model, other), Heard()
        self.ladder = Ladder(self.source, LadderOptions(**options), self.heard)

    def score(self, matrix: np.ndarray = MATRIX) -> Any:
        return self.ladder.score(Inputs(matrix))


def old() -> Model:
    return Model("1.0.0", lambda matrix: matrix[:, 0] * 10.0)


def test_what_the_model_scores_is_its_own() -> None:
    found = Steps(Model(), old()).score()
    np.testing.assert_array_equal(found.scores.prediction, MATRIX[:, 0] * 2)
    assert (found.status, found.why, found.problems) == (None, None, {})


def test_one_poisoned_row_costs_itself_alone() -> None:
    rows = np.arange(512.0, dtype=np.float32).reshape(-1, 1)
    found = Steps(Model(answer=refuses(77.0))).score(rows)
    assert list(found.problems) == [77]
    assert (found.problems[77].reason, found.problems[77].error) == ("failed", "model fraud@2.0.0: the graph broke")
    assert np.isfinite(np.delete(found.scores.prediction, 77)).all()


def test_a_row_that_the_model_refuses_is_the_previous_version_s() -> None:
    steps = Steps(Model(answer=refuses(3.0, 5.0)), old())
    found = steps.score()
    assert found.problems == {}
    wanted = MATRIX[:, 0] * 2
    wanted[[2, 4]] = [30, 50]
    np.testing.assert_array_equal(found.scores.prediction, wanted)
    assert found.status.tolist() == ["ok", "ok", "fallback:1.0.0", "ok", "fallback:1.0.0", "ok", "ok", "ok"]
    assert found.why.tolist() == [None, None, "failed", None, "failed", None, None, None]
    assert found.fallback.version == "1.0.0"
    assert steps.heard.fallbacks == [("2.0.0", "failed", 2)]


def test_a_row_that_both_refuse_gets_the_default() -> None:
    found = Steps(Model(answer=refuses(3.0)), Model("1.0.0", refuses(3.0)), default=0.5).score()
    assert found.scores.prediction[2] == 0.5
    assert (found.status[2], found.why[2], found.problems) == ("default", "failed", {})


def test_a_row_that_nothing_scores_is_a_problem() -> None:
    found = Steps(Model(answer=refuses(3.0)), Model("1.0.0", refuses(3.0))).score()
    assert list(found.problems) == [2]


@pytest.mark.parametrize(("answer", "reason"), [(raises, "failed"), (is_nan, "not_finite")])
def test_a_model_that_fails_altogether_leaves_the_batch_to_the_next(answer: Answer, reason: str) -> None:
    steps = Steps(Model(answer=answer), old())
    found = steps.score()
    np.testing.assert_array_equal(found.scores.prediction, MATRIX[:, 0] * 10)
    assert set(found.status) == {"fallback:1.0.0"}
    assert steps.heard.fallbacks == [("2.0.0", reason, 8)]


def test_wrong_number_of_scores_is_a_failure() -> None:
    # The real model raises a ModelError for such outputs: tests/models/scoring/test_outputs.py.
    found = Steps(Model(answer=raises), default=0.0).score()
    assert found.scores.prediction.tolist() == [0.0] * 8


def test_the_breaker_opens_at_the_fifth_failed_batch_and_the_model_is_left_alone() -> None:
    model = Model(answer=raises)
    steps = Steps(model, old())
    for _ in range(4):
        steps.score()
    assert steps.heard.states == []
    steps.score()
    assert steps.heard.states == [("2.0.0", BreakerState.OPEN)]
    calls = model.calls
    found = steps.score()
    assert model.calls == calls
    assert set(found.why) == {"breaker_open"}
    np.testing.assert_array_equal(found.scores.prediction, MATRIX[:, 0] * 10)


def test_the_breaker_closes_when_the_model_heals() -> None:
    model = Model(answer=raises)
    steps = Steps(model, old(), breaker=BreakerOptions(open_s=0.05))
    for _ in range(5):
        steps.score()
    model.answer = double
    time.sleep(0.06)
    assert [steps.score().status is None for _ in range(3)] == [True] * 3
    expected = [BreakerState.OPEN, BreakerState.HALF_OPEN, BreakerState.CLOSED]
    assert [state for _, state in steps.heard.states] == expected


def test_a_probe_that_fails_opens_the_breaker_again() -> None:
    model = Model(answer=raises)
    steps = Steps(model, old(), breaker=BreakerOptions(open_s=0.02))
    for _ in range(5):
        steps.score()
    time.sleep(0.03)
    steps.score()
    assert [state for _, state in steps.heard.states] == [BreakerState.OPEN, BreakerState.HALF_OPEN, BreakerState.OPEN]


def test_poisoned_rows_do_not_open_the_breaker_even_alone_in_their_batches() -> None:
    steps = Steps(Model(answer=refuses(3.0)), old())
    steps.score()
    for _ in range(20):
        assert steps.score(MATRIX[2:3]).status.tolist() == ["fallback:1.0.0"]
    assert steps.heard.states == []


def test_without_a_rung_below_a_model_is_asked_again_and_again() -> None:
    model = Model(answer=raises)
    steps = Steps(model)
    for _ in range(20):
        assert len(steps.score().problems) == 8
    model.answer = double
    assert steps.score().problems == {}


def test_a_model_that_hangs_is_given_up_and_keeps_its_lease_to_the_end() -> None:
    gate = threading.Event()
    steps = Steps(Model(gate=gate), old(), deadline_s=0.05)
    found = steps.score()
    assert set(found.status) == {"fallback:1.0.0"}
    assert set(found.why) == {"too_slow"}
    assert steps.source.leases == 1
    gate.set()
    end = time.monotonic() + 10
    while steps.source.leases:
        assert time.monotonic() < end
        time.sleep(0.001)
    assert steps.score().status is None


def test_calls_that_hang_are_bounded() -> None:
    gate = threading.Event()
    model = Model(gate=gate)
    steps = Steps(model, old(), deadline_s=0.01, max_hanging=2, breaker=BreakerOptions(failures=100))
    for _ in range(6):
        assert set(steps.score().why) == {"too_slow"}
    # On a busy machine the second thread may run later than all six batches.
    wait_until(lambda: model.calls >= 2)
    assert set(steps.score().why) == {"too_slow"}
    gate.set()
    wait_until(lambda: steps.source.leases == 0)
    assert model.calls == 2


def test_without_a_rung_below_a_slow_model_is_waited_for() -> None:
    gate = threading.Event()
    steps = Steps(Model(gate=gate), deadline_s=0.01)
    threading.Timer(0.1, gate.set).start()
    assert steps.score().problems == {}


def test_a_larger_batch_may_take_longer() -> None:
    rows = np.ones((5120, 1), dtype=np.float32)

    def slow(matrix: np.ndarray) -> np.ndarray:
        time.sleep(0.2)
        return double(matrix)

    assert Steps(Model(answer=slow), old(), deadline_s=0.1).score(rows).status is None


def test_many_poisoned_rows_do_not_make_a_working_model_broken() -> None:
    rows = np.arange(4000.0, dtype=np.float32).reshape(-1, 1)
    poison = tuple(float(row) for row in range(0, 4000, 10))
    steps = Steps(Model(answer=refuses(*poison)), old(), deadline_s=60)
    found = steps.score(rows)
    assert (found.status == "fallback:1.0.0").sum() == 400
    assert steps.heard.states == []


def test_a_broken_model_is_not_asked_row_by_row() -> None:
    model = Model(answer=raises)
    Steps(model).score(np.ones((10_000, 1), dtype=np.float32))
    assert model.calls < 600


@pytest.mark.parametrize("reason", ["failed", "not_finite", "too_slow", "breaker_open"])
def test_every_reason_is_in_the_table(reason: str) -> None:
    assert REASONS[reason] == "scoring"


def test_a_single_event_is_given_up_only_after_one_that_was_late() -> None:
    seconds = [0.05]

    def slow(matrix: np.ndarray) -> np.ndarray:
        time.sleep(seconds[0])
        return double(matrix)

    steps = Steps(Model(answer=slow), old(), deadline_s=0.02)
    assert steps.score(MATRIX[:1]).status is None
    assert steps.score(MATRIX[:1]).status.tolist() == ["fallback:1.0.0"]
    seconds[0] = 0.0
    assert steps.score(MATRIX[:1]).status is None
