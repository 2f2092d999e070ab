from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from state.learning.scaled_learner import ScaledLearner
from state.learning.scaler import RunningScaler, ScalerSettings
from tests.state.learning.cuts import CUTS, batches
from tests.state.learning.made import LoopLogistic, two_classes

ROWS, TARGETS = two_classes(300)
RAW = 1e5 + 3e4 * ROWS
WEIGHTS = np.random.default_rng(1).choice([0.0, 1.0, 2.0], 300)


def scaled() -> ScaledLearner:
    return ScaledLearner(RunningScaler(2, ScalerSettings()), LoopLogistic())


@given(CUTS)
def test_cutting_the_stream_and_restoring_changes_no_bit(cuts: list[int]) -> None:
    whole, parts = scaled(), scaled()
    golden = whole.learn_many(RAW, TARGETS, WEIGHTS)
    found = []
    for batch in batches(cuts):
        found.append(parts.learn_many(RAW[batch], TARGETS[batch], WEIGHTS[batch]))
        again = scaled()
        again.restore(parts.to_bytes())
        parts = again
    assert np.concatenate(found).tobytes() == golden.tobytes()
    assert parts.to_bytes() == whole.to_bytes()


def test_raw_features_are_learnt_as_standardised_ones_are() -> None:
    learner = scaled()
    learner.learn_many(RAW, TARGETS, np.ones(300))
    assert ((learner.predict_many(RAW) > 0.5) == TARGETS).mean() > 0.85
    assert learner.features == 2
    assert learner.is_finite()


def test_rows_that_are_only_predicted_change_nothing() -> None:
    learner = scaled()
    learner.learn_many(RAW, TARGETS, WEIGHTS)
    before = learner.to_bytes()
    learner.learn_many(RAW[:2], np.array([1.0, np.nan]), np.array([0.0, 1.0]))
    assert learner.to_bytes() == before


def test_rate_is_the_learners() -> None:
    learner = scaled()
    learner.scale_rate(2)
    assert learner.learner.rate == pytest.approx(0.1)  # type: ignore[attr-defined]


def test_other_state_is_refused() -> None:
    with pytest.raises(ValueError, match="scaled learner: expected state of format version 1, got version 9"):
        scaled().restore(b"\x09")
