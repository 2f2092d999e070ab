from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from state.learners.make_learner import make_learner
from state.learners.schedules import InverseScaling, Step
from state.learners.settings import LearnerSettings

SETTINGS = LearnerSettings("logistic", rate=0.1, schedule=Step(0.5, 10), class_weights=(1.0, 2.0))


def saved() -> bytes:
    learner = make_learner(SETTINGS, 2)
    learner.learn_many([[1.0, 2.0]], [1], [1])
    return learner.to_bytes()


@pytest.mark.parametrize(
    ("settings", "features", "message"),
    [
        (replace(SETTINGS, rate=0.2), 2, "expected a state of rate 0.2, got 0.1; go back to these settings, or start"),
        (SETTINGS, 3, "expected a state of features 3, got 2"),
        (
            replace(SETTINGS, optimizer="adam", l2=0.5),
            2,
            "expected a state of l2 0.5, got 0.0, optimizer adam, got None",
        ),
        (replace(SETTINGS, schedule=Step(0.5, 11)), 2, "expected a state of schedule {'name': 'Step', 'decay': 0.5, "),
        (
            replace(SETTINGS, schedule=InverseScaling()),
            2,
            "schedule {'name': 'InverseScaling', 'power': 0.5}, got {'na",
        ),
        (replace(SETTINGS, class_weights=()), 2, "expected a state of class_weights [], got [1.0, 2.0]"),
    ],
    ids=["rate", "features", "optimizer", "period", "schedule", "class weights"],
)
def test_state_of_other_settings_is_refused(settings: LearnerSettings, features: int, message: str) -> None:
    learner = make_learner(settings, features)
    before = learner.to_bytes()
    with pytest.raises(ValueError, match=re.escape(message)):
        learner.restore(saved())
    assert learner.to_bytes() == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda data: data.replace(b'"version":1', b'"version":2'),
            "expected a state of version 1, got 2; start without",
        ),
        (lambda data: data[:-3], "expected 11 numbers, got 85 bytes; take a complete copy of the state"),
        (lambda data: b"pickle", "expected the bytes of a learner, got b'pickle'; start without them"),
        (lambda data: b"[]\n", "expected the bytes of a learner, got b'[]\\n'"),
        (lambda data: b"", "expected the bytes of a learner, got b''"),
    ],
    ids=["version", "cut off", "other bytes", "other JSON", "nothing"],
)
def test_bytes_that_cannot_be_read_are_refused(change: Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        make_learner(SETTINGS, 2).restore(change(saved()))


def test_restored_learner_and_bytes_share_no_memory() -> None:
    data = bytearray(saved())
    learner = make_learner(SETTINGS, 2)
    learner.restore(bytes(data))
    before = learner.to_bytes()
    other = make_learner(SETTINGS, 2)
    other.restore(before)
    other.learn_many([[1.0, 2.0]], [0], [1])
    assert learner.to_bytes() == before == bytes(data)


def test_settings_of_lists_and_tuples_are_the_same() -> None:
    listed = replace(SETTINGS, class_weights=[1.0, 2.0])  # type: ignore[arg-type]
    make_learner(listed, 2).restore(saved())
