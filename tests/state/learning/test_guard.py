from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from state.learning.guard import Guard, GuardSettings
from state.learning.holdout import HoldoutRows
from state.learning.statistics.losses import log_loss
from tests.state.learning.made import LoopLogistic, two_classes

EVERY = 100  # rows between checks


class Trial:
    """A stream that is learnt under a guard, or without one."""

    def __init__(self, *, is_guarded: bool = True, room: int = 200, **settings: Any) -> None:
        self.learner = LoopLogistic()
        self.guard = Guard(GuardSettings(**{"min_rows": 50, **settings}), log_loss, self.learner)
        self.holdout = HoldoutRows(room, 2)
        self._is_guarded, self._seen = is_guarded, 0

    def run(self, rows: np.ndarray, targets: np.ndarray, *, held_out: int = 5, weight: float = 1.0) -> list[str]:
        """Hold out every fifth row (0: none), learn the others, check; return the verdicts."""
        verdicts = []
        for begin in range(0, len(rows), EVERY):
            batch, truth = rows[begin : begin + EVERY], targets[begin : begin + EVERY]
            held = np.arange(len(batch)) % held_out == 0 if held_out else np.zeros(len(batch), np.bool_)
            points = np.arange(self._seen, self._seen + len(batch), dtype=np.uint64)
            self._seen += len(batch)
            self.holdout.add(points[held], batch[held], truth[held], points[held].astype(np.int64))
            self.learner.learn_many(batch[~held], truth[~held], np.full((~held).sum(), weight))
            if self._is_guarded:
                verdicts.append(self.guard.check(self.learner, self.holdout).verdict)
        return verdicts

    def loss(self, sign: float = 1.0) -> float:
        rows, targets = two_classes(2000, 99, sign)
        with np.errstate(invalid="ignore"):
            return float(log_loss(self.learner.predict_many(rows), targets).mean())


def test_poisoned_labels_of_a_burst_are_taken_back() -> None:
    rows, targets = two_classes(2000)
    losses = {}
    for is_guarded in (True, False):
        trial = Trial(is_guarded=is_guarded)
        trial.run(rows, targets)
        before = trial.loss()
        verdicts = trial.run(rows[:200], 1 - targets[:200], weight=5.0)
        losses[is_guarded] = trial.loss() - before
        if is_guarded:
            assert verdicts == ["worse", "worse"]
            assert trial.guard.rolled_back == 2
    assert losses[True] == pytest.approx(0, abs=1e-12)
    assert losses[False] > 0.5


def test_learning_goes_on_after_a_burst() -> None:
    rows, targets = two_classes(3000)
    trial = Trial()
    trial.run(rows[:500], targets[:500])
    trial.run(rows[500:700], 1 - targets[500:700])
    before = trial.loss()
    assert trial.run(rows[700:], targets[700:])[-10:] == ["accepted"] * 10
    assert trial.loss() < before - 0.01


@pytest.mark.parametrize("held_out", [5, 0], ids=["held-out rows follow", "no held-out row comes any more"])
def test_real_drift_is_learnt(held_out: int) -> None:
    trial = Trial()
    trial.run(*two_classes(2000))
    verdicts = trial.run(*two_classes(4000, 1, sign=-1.0), held_out=held_out)
    assert "worse" in verdicts
    # 5 roll-backs leave 100 of 200 rows, 5 more leave 50, and 5 more too few.
    assert "worse" not in verdicts[15:]
    unguarded = Trial(is_guarded=False)
    unguarded.run(*two_classes(2000))
    unguarded.run(*two_classes(4000, 1, sign=-1.0))
    assert trial.loss(-1.0) < unguarded.loss(-1.0) + 0.05


def test_drift_is_held_back_for_no_more_checks_than_stated() -> None:
    trial = Trial(patience=3)
    trial.run(*two_classes(2000))
    verdicts = trial.run(*two_classes(3000, 1, sign=-1.0), held_out=0)
    assert verdicts[:10] == ["worse"] * 9 + ["unjudged"]
    assert len(trial.holdout) == 25


def test_one_acceptance_restores_patience() -> None:
    trial = Trial(patience=3)
    rows, targets = two_classes(2000)
    trial.run(rows, targets)
    for _ in range(4):
        assert trial.run(rows[:200], 1 - targets[:200], held_out=0, weight=5.0) == ["worse", "worse"]
        assert trial.run(rows[200:300], targets[200:300], held_out=0) == ["accepted"]
    assert len(trial.holdout) == 200


def test_weights_that_are_not_finite_are_taken_back_always() -> None:
    trial = Trial(patience=1)
    rows, targets = two_classes(1000)
    trial.run(rows, targets)
    kept, held = trial.learner.to_bytes(), len(trial.holdout)
    for _ in range(20):
        assert trial.run(np.full((1, 2), np.inf), np.zeros(1), held_out=0) == ["not_finite"]
        assert trial.learner.to_bytes() == kept
    assert (trial.guard.counts["not_finite"], len(trial.holdout)) == (20, held)


def test_predictions_that_are_not_finite_are_taken_back() -> None:
    trial = Trial()
    trial.run(*two_classes(1000))
    kept = trial.learner.to_bytes()
    trial.learner.weights[:] = 1e308, -1e308, 1e308
    trial.holdout.add(np.array([7777], np.uint64), np.full((1, 2), 1e30), np.zeros(1), np.zeros(1, np.int64))
    assert trial.guard.check(trial.learner, trial.holdout).verdict == "not_finite"
    assert trial.learner.to_bytes() == kept


def test_kept_state_that_fails_at_a_row_holds_nothing_back() -> None:
    trial = Trial()
    trial.learner.weights[:] = 1e308, -1e308, 1e308
    trial.guard = Guard(GuardSettings(min_rows=2), log_loss, trial.learner)
    trial.learner.weights[:] = 0, 0, 0
    rows = np.full((2, 2), 1e30)
    trial.holdout.add(np.arange(2).astype(np.uint64), rows, np.zeros(2), np.zeros(2, np.int64))
    found = trial.guard.check(trial.learner, trial.holdout)
    assert (found.verdict, found.difference) == ("accepted", 0)


def test_without_held_out_rows_a_finite_learner_is_accepted() -> None:
    trial = Trial()
    trial.learner.weights[0] = 3.0
    assert trial.guard.check(trial.learner, trial.holdout).verdict == "unjudged"
    trial.learner.weights[0] = np.nan
    assert trial.guard.check(trial.learner, trial.holdout).is_rolled_back
    assert trial.learner.weights[0] == 3.0


@given(st.integers(0, 1000), st.floats(0.9, 1.1))
def test_test_is_scipys_of_pairs(seed: int, moved: float) -> None:
    rows, targets = two_classes(200, seed)
    trial = Trial(margin=0.0, z=2.0, min_rows=2)
    trial.run(rows, targets)
    kept = trial.learner.predict_many(trial.holdout.rows)
    trial.learner.weights *= moved
    pairs = [log_loss(p, trial.holdout.targets) for p in (trial.learner.predict_many(trial.holdout.rows), kept)]
    found = trial.guard.check(trial.learner, trial.holdout)
    if moved != 1:
        golden = stats.ttest_rel(*pairs).statistic
        assert found.difference / found.noise == pytest.approx(golden, rel=1e-6)
        assert found.is_rolled_back == (golden > 2)


def test_margin_is_allowed_on_top_of_noise() -> None:
    rows, targets = two_classes(3000)
    trial = Trial(margin=0.0, room=600)
    trial.run(rows, targets)
    good = trial.learner.weights.copy()
    trial.learner.weights *= 0.5
    found = trial.guard.check(trial.learner, trial.holdout)
    assert found.verdict == "worse"
    lenient = Trial(margin=found.difference, room=600)
    lenient.learner.weights = good
    lenient.guard = Guard(GuardSettings(margin=found.difference), log_loss, lenient.learner)
    lenient.learner.weights = 0.5 * good
    assert lenient.guard.check(lenient.learner, trial.holdout).verdict == "accepted"


def test_learners_that_are_equal_are_rarely_rolled_back() -> None:
    rng = np.random.default_rng(0)
    worse = 0
    for seed in range(400):
        rows, targets = two_classes(300, seed)
        holdout = HoldoutRows(300, 2)
        holdout.add(np.arange(300).astype(np.uint64), rows, targets, np.zeros(300, np.int64))
        learner = LoopLogistic()
        # Off by as much to either side of the truth: the losses differ, their means do not.
        learner.weights[:] = 4, 0.5, 0
        guard = Guard(GuardSettings(margin=0.0), log_loss, learner)
        learner.weights[:] = 4, -0.5, rng.normal() * 1e-3
        worse += guard.check(learner, holdout).is_rolled_back
    assert worse <= stats.binom.ppf(0.999, 400, stats.norm.sf(3))


def test_restored_goes_on_as_if_never_stopped() -> None:
    rows, targets = two_classes(1500)
    whole, first = Trial(), Trial()
    for trial in (whole, first):
        trial.run(rows[:1000], targets[:1000])
        trial.run(rows[1000:1200], 1 - targets[1000:1200])
    again = Trial()
    again.learner.restore(first.learner.to_bytes())
    again.holdout.restore(first.holdout.to_bytes())
    again.guard.restore(first.guard.to_bytes())
    again._seen = first._seen
    for trial in (whole, again):
        trial.run(rows[1200:], 1 - targets[1200:])
    assert again.guard.to_bytes() == whole.guard.to_bytes()
    assert again.learner.to_bytes() == whole.learner.to_bytes()
    assert again.guard.counts == whole.guard.counts


def test_state_is_the_learners_and_little_more() -> None:
    learner = LoopLogistic()
    assert len(Guard(GuardSettings(), log_loss, learner).to_bytes()) <= len(learner.to_bytes()) + 60


@pytest.mark.parametrize(
    ("settings", "got"),
    [
        ({"margin": -1.0}, "-1.0, 3.0, 100, 5"),
        ({"z": -1.0}, "0.01, -1.0, 100, 5"),
        ({"min_rows": 1}, "0.01, 3.0, 1, 5"),
        ({"patience": 0}, "0.01, 3.0, 100, 0"),
    ],
    ids=["margin", "z", "min_rows", "patience"],
)
def test_setting_out_of_range_is_refused(settings: dict[str, Any], got: str) -> None:
    message = f"guard: expected margin >= 0, z >= 0, min_rows >= 2 and patience >= 1, got {got}; the defaults are"
    with pytest.raises(ValueError, match=message):
        GuardSettings(**settings)
