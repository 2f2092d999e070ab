"""A course learns, holds rows out and takes back what is worse, in whatever batches its rows come."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from state.learners.make_learner import make_learner
from state.learners.settings import LearnerSettings
from state.learning.drift import ReactionSettings
from state.learning.guard import GuardSettings
from state.learning.holdout import is_held_out
from state.learning.scaler import ScalerSettings
from state.training.chain import ChainSettings
from state.training.course import Course, CourseSettings
from state.training.samples import Samples
from tests.state.training.made import samples

WIDTH, SPLIT = 3, 0.2


def course(*, rate: float = 0.05, split: float = SPLIT, every: int = 256, **reaction: Any) -> Course:
    make = partial(make_learner, LearnerSettings("logistic", "adagrad", rate=rate), WIDTH)
    chain = ChainSettings(make, "binary", 2, WIDTH, ScalerSettings(), ReactionSettings(**reaction))
    return Course(CourseSettings(chain, split, 0.999, GuardSettings(0.01), every, 1000))


def rows(number: int, *, seed: int = 0) -> Samples:
    return samples(known=range(number), seed=seed, features=WIDTH)


def with_wrong_labels(given: Samples) -> Samples:
    """Rows whose labels are the opposite, but for those that are held out, which tell the truth."""
    held = is_held_out(given.points, SPLIT)
    given.targets[:] = np.where(held, given.targets, 1 - given.targets)
    return given


def test_drifts_that_were_found_count_although_what_was_learnt_is_taken_back() -> None:
    learning = course(rate=0.5)
    learning.learn(rows(4096))
    before, counts = learning.report(), []
    for number in range(40):
        learning.learn(with_wrong_labels(rows(64, seed=number + 1)))
        counts.append(learning.report()["drifts"])
    after = learning.report()
    assert before["drifts"] == 0 < counts[-1]
    assert before["guard"]["rolled_back"] < after["guard"]["rolled_back"]
    assert all(first <= second for first, second in pairwise(counts))


def test_held_out_rows_teach_nothing() -> None:
    given, learning, other = rows(1000), course(every=2000), course(every=2000)
    held = is_held_out(given.points, SPLIT)
    learning.learn(given)
    given.targets[held] = 1 - given.targets[held]
    given.features[held] += 100
    other.learn(given)
    assert (learning.updates, learning.report()["held_out"]) == (int((~held).sum()), int(held.sum()))
    assert learning.model().state == other.model().state


def test_rows_without_an_outcome_or_a_weight_are_skipped() -> None:
    given, learning = rows(100), course(split=0.0)
    given.targets[:10], given.weights[10:15], given.targets[15:20] = np.nan, 0.0, 2.0
    learning.learn(given)
    assert (learning.updates, learning.report()["skipped"]) == (80, 20)


@settings(deadline=None, max_examples=25)
@given(
    cuts=st.lists(st.tuples(st.integers(0, 900), st.booleans()), max_size=6),
    reaction=st.sampled_from(["none", "reset", "raise_rate"]),
)
def test_batches_and_restores_change_no_bit(cuts: list[tuple[int, bool]], reaction: Any) -> None:
    given = rows(900)
    given.targets[450:] = 1 - given.targets[450:]
    whole = course(every=100, reaction=reaction)
    whole.learn(given)
    learning, restores = course(every=100, reaction=reaction), {at for at, is_restored in cuts if is_restored}
    for begin, end in pairwise(sorted({0, 900, *(at for at, _ in cuts)})):
        learning.learn(given.take(slice(begin, end)))
        if end in restores:
            data, learning = learning.to_bytes(), course(every=100, reaction=reaction)
            learning.restore(data)
    assert learning.to_bytes() == whole.to_bytes()
    assert str(learning.report()) == str(whole.report())


def test_state_of_another_format_is_refused() -> None:
    with pytest.raises(ValueError, match="course: expected state of format version 2, got version 1"):
        course().restore(b"\1" + course().to_bytes()[1:])
