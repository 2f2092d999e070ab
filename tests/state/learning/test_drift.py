from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from state.drift.sequential.adwin import Adwin
from state.learning.drift import ReactingLearner, ReactionSettings
from state.learning.statistics.losses import LOSSES
from tests.state.learning.cuts import batches
from tests.state.learning.made import LoopLogistic, NoRate, two_classes

BEFORE, AFTER = two_classes(1000), two_classes(1500, 1, sign=-1.0)
ROWS, TARGETS = np.concatenate([BEFORE[0], AFTER[0]]), np.concatenate([BEFORE[1], AFTER[1]])
WEIGHTS = np.ones(len(ROWS))
LOSS = LOSSES["binary"].shift


def reacting(rate: float = 0.02, **given_settings: Any) -> ReactingLearner:
    return ReactingLearner(ReactionSettings(**given_settings), LOSS, LoopLogistic(rate=rate))


def late_loss(learner: ReactingLearner) -> float:
    """Mean loss soon after the drift."""
    said = learner.learn_many(ROWS, TARGETS, WEIGHTS)
    return float(LOSS(said[1100:1500], TARGETS[1100:1500]).mean())


def test_reactions_follow_a_drift_sooner() -> None:
    slow = late_loss(reacting(reaction="none"))
    assert late_loss(reacting(reaction="raise_rate", factor=8.0)) < slow - 0.1
    assert late_loss(reacting(reaction="reset")) < slow - 0.1


@pytest.mark.parametrize("reaction", ["none", "raise_rate", "reset"])
def test_drift_is_found_once_and_a_fall_of_the_loss_is_none(reaction: str) -> None:
    learner = reacting(reaction=reaction)
    learner.learn_many(*BEFORE, WEIGHTS[:1000])
    assert learner.drifts == 0
    learner.learn_many(*AFTER, WEIGHTS[1000:])
    assert learner.drifts >= 1


def test_without_reaction_the_learner_learns_as_without_a_watch() -> None:
    plain = LoopLogistic(rate=0.02)
    golden = plain.learn_many(ROWS, TARGETS, WEIGHTS)
    watched = reacting(reaction="none")
    assert watched.learn_many(ROWS, TARGETS, WEIGHTS).tobytes() == golden.tobytes()
    detector = Adwin()
    rises = sum(change.shift > 0 for change in detector.update(np.abs(TARGETS - golden)))
    assert watched.drifts == rises


def test_rate_rises_at_the_drift_and_falls_back_to_what_it_was() -> None:
    inner = LoopLogistic(rate=0.02)
    learner = ReactingLearner(ReactionSettings(reaction="raise_rate", factor=8.0, half_life=100), LOSS, inner)
    rates = []
    for batch in batches(list(range(0, 2500, 32)), 2500):
        drifts = learner.drifts
        learner.learn_many(ROWS[batch], TARGETS[batch], WEIGHTS[batch])
        rates.append(inner.rate)
        if learner.drifts > drifts:
            raised = len(rates) - 1
            assert inner.rate == pytest.approx(0.16)
            assert learner.rate_factor == 8
    assert set(rates[:31]) == {0.02}
    golden = [0.02 * (1 + 7 * 0.5 ** (32 * i / 100)) for i in range(10)]
    assert rates[raised : raised + 10] == pytest.approx(golden)
    assert inner.rate == pytest.approx(0.02, rel=1e-12)
    assert learner.rate_factor == 1


def test_reset_gives_back_the_first_state() -> None:
    inner = LoopLogistic(rate=0.02)
    learner = ReactingLearner(ReactionSettings(reaction="reset"), LOSS, inner)
    for row in range(2500):
        learner.learn_many(ROWS[row : row + 1], TARGETS[row : row + 1], WEIGHTS[row : row + 1])
        if learner.drifts and (row + 1) % 32 == 0:
            break
    assert inner.to_bytes() == LoopLogistic(rate=0.02).to_bytes()


@pytest.mark.parametrize("reaction", ["none", "raise_rate", "reset"])
@settings(max_examples=15)
@given(st.lists(st.integers(0, 2500), max_size=8))
def test_cutting_the_stream_and_restoring_changes_no_bit(reaction: str, cuts: list[int]) -> None:
    whole, parts = reacting(reaction=reaction), reacting(reaction=reaction)
    weights = np.where(np.arange(2500) % 7 == 0, 0.0, 1.0)
    golden = whole.learn_many(ROWS, TARGETS, weights)
    found = []
    for batch in batches(cuts, 2500):
        found.append(parts.learn_many(ROWS[batch], TARGETS[batch], weights[batch]))
        again = reacting(reaction=reaction)
        again.restore(parts.to_bytes())
        parts = again
    assert np.concatenate(found).tobytes() == golden.tobytes()
    assert parts.to_bytes() == whole.to_bytes()
    assert (parts.drifts, parts.rate_factor) == (whole.drifts, whole.rate_factor)


def test_rows_without_weight_or_target_are_not_watched() -> None:
    learner = reacting(reaction="none")
    learner.learn_many(*BEFORE, WEIGHTS[:1000])
    learner.learn_many(*AFTER, np.zeros(1500))
    learner.learn_many(AFTER[0], np.full(1500, np.nan), WEIGHTS[:1500])
    assert learner.drifts == 0


def test_the_rest_is_the_learners() -> None:
    inner = LoopLogistic()
    learner = ReactingLearner(ReactionSettings(), LOSS, inner)
    learner.scale_rate(2)
    inner.weights[0] = np.nan
    assert (learner.features, inner.rate, learner.is_finite()) == (2, 0.1, False)


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="drift: expected reaction none, raise_rate or reset, got 'often'; none only"):
        ReactionSettings(reaction="often")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"drift: expected factor over 1 and half_life >= 1, got 1.0 and 500; the def"):
        ReactionSettings(factor=1.0)
    with pytest.raises(ValueError, match=r"got 4.0 and 0; the defaults are 4 and 500"):
        ReactionSettings(half_life=0)
    with pytest.raises(ValueError, match="there is no rate to multiply by 1"):
        ReactingLearner(ReactionSettings(reaction="raise_rate"), LOSS, NoRate())
    ReactingLearner(ReactionSettings(reaction="reset"), LOSS, NoRate())
