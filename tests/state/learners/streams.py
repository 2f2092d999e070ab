"""Streams to learn from, and settings of every learner in the table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from state.learners.kernels.compiled import has_compiler
from state.learners.schedules import InverseScaling
from state.learners.settings import LearnerSettings
from state.learners.table import LEARNERS, UPDATES

ENGINES = ("numba", "numpy") if has_compiler() else ("numpy",)
CLASSES = 3


class Stream(NamedTuple):
    """Rows to learn from."""

    rows: NDArray[np.float64]
    targets: NDArray[np.float64]
    weights: NDArray[np.float64]

    def part(self, start: int, end: int | None = None) -> Stream:
        return Stream(*(column[start:end] for column in self))


def stream(settings: LearnerSettings, n: int = 60, k: int = 5, seed: int = 3) -> Stream:
    """Rows with targets that fit the algorithm, some weights that are not 1, and nothing out of order."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n, k)) * np.linspace(0.5, 2, k)
    margins = rows @ rng.normal(size=(k, CLASSES)) + rng.normal(size=(n, CLASSES))
    made = {
        "binary": (margins[:, 0] > 0).astype(float),
        "classes": margins.argmax(axis=1).astype(float),
        "numbers": margins[:, 0],
    }
    return Stream(rows, made[settings.kind.targets], rng.choice([1.0, 1.0, 0.0, 2.5], n))


def plain(rows: Stream) -> Stream:
    """The same rows, all of weight 1."""
    return rows._replace(weights=np.ones(len(rows.targets)))


def settings_of_all() -> Iterator[LearnerSettings]:
    """Settings of each algorithm, update and loss, with all that these can use."""
    for name, kind in LEARNERS.items():
        for update_name in kind.updates:
            update = UPDATES[update_name]
            more: dict[str, Any] = dict.fromkeys(update.penalties, 0.01)
            if update.has_clip:
                more |= {"clip": 2.0, "optimizer": update_name}
            else:
                more["variant"] = "PA-II"
            if update.has_rate:
                more |= {"rate": 0.1, "schedule": InverseScaling(0.3)}
            if kind.targets != "numbers":
                more["class_weights"] = (1.0, 2.0, 0.5)[: 2 if kind.targets == "binary" else CLASSES]
            if kind.targets == "classes":
                more["classes"] = CLASSES
            for loss in kind.losses if name == "linear" else (None,):
                yield LearnerSettings(name, loss=loss, **more)  # type: ignore[arg-type]


def name_of(settings: LearnerSettings) -> str:
    return "-".join(filter(None, (settings.algorithm, settings.optimizer, settings.loss)))


EACH = {name_of(settings): settings for settings in settings_of_all()}
