from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from models.output_roles import OutputRoles
from models.scoring.find_roles import find_roles
from models.scoring.outputs import interpret

SCORES = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.1, 0.2, 0.7]], np.float32)
CLASSES = ("low", "mid", "high")


@dataclass(frozen=True)
class Hints:
    task: str
    classes: tuple[str, ...] | None
    roles: OutputRoles | None
    threshold: float | None = None
    ref: str = "model m@1.0.0"


def _labels(outputs: dict[str, Any], classes: tuple[str, ...] | None, asked: OutputRoles) -> list[str] | None:
    """Return the labels that a model registered with these classes gives its rows."""
    found = find_roles(outputs, asked, ref="model", classes=classes)
    label = interpret(outputs, Hints(found.task, found.classes, found.roles), 3).label
    return None if label is None else label.tolist()


@pytest.mark.parametrize(
    ("own", "classes", "label"),
    [
        ([0, 1, 2], CLASSES, [*CLASSES]),
        ([0, 1, 2], None, ["0", "1", "2"]),
        ([0, 1, 2], ("0", "1", "2"), ["0", "1", "2"]),
        ([*CLASSES], CLASSES, [*CLASSES]),
    ],
)
def test_users_names_of_classes_stand_for_the_models_own(
    own: list[Any], classes: tuple[str, ...] | None, label: list[str]
) -> None:
    outputs = {"probabilities": SCORES, "label": np.array(own, object if own[0] == "low" else np.int64)}
    assert _labels(outputs, classes, OutputRoles()) == label
    assert _labels(outputs, classes, OutputRoles(scores=("probabilities",))) == label


def test_an_output_that_the_user_names_stays_the_label() -> None:
    outputs = {"probabilities": SCORES, "label": np.array([0, 1, 2])}
    assert _labels(outputs, CLASSES, OutputRoles(label="label")) == ["0", "1", "2"]


def test_names_of_two_classes_stand_for_labels_beside_one_probability() -> None:
    outputs = {"probability": np.array([0.1, 0.9, 0.4], np.float32), "label": np.array([0, 1, 0])}
    assert _labels(outputs, ("no", "yes"), OutputRoles()) == ["no", "yes", "no"]
    assert _labels(outputs, None, OutputRoles()) == ["0", "1", "0"]
