"""Answers of a job's arms to a batch: each model scores its own rows once, and the answers keep the rows' order."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.scoring.inputs import Inputs
from udfs.experiments.arm_answer import ArmAnswer
from udfs.experiments.router import Arm, Assignment, Router
from udfs.metrics.experiments import ExperimentRecorder
from udfs.scoring.ladder import Ladder


class Arms:
    """The arms of a job's experiments, each with its ladder; arms of one model share it.

    Args:
        router: chooses the arm of each row.
        ladders: by arm; that of None is the job's own model.
        recorder: recorder of metrics; None: no metrics.
        clock: function that returns seconds.
    """

    def __init__(
        self,
        router: Router,
        ladders: Mapping[Arm | None, Ladder],
        recorder: ExperimentRecorder | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.router = router
        self._ladders = ladders
        self._recorder = recorder
        self._clock = clock

    def score(self, inputs: Inputs) -> tuple[ArmAnswer, ...]:
        """Return the answers of the arms that have some of n >= 1 rows; the router's field is a raw field."""
        assignment = self.router.assign(inputs.raw)
        if self._recorder is not None:
            self._recorder.assigned(assignment)
        return tuple(self._answer(inputs, assignment, *each) for each in self._parts(assignment))

    def record(self, answers: tuple[ArmAnswer, ...], extraction_s: float) -> None:
        """Count the rows of a batch, whose features took so many seconds."""
        if self._recorder is not None:
            self._recorder.answered(answers, extraction_s)

    def raw_fields(self) -> tuple[str, ...]:
        """Return the raw fields that the models of all arms read now, and those of their fallbacks."""
        return tuple(dict.fromkeys(name for ladder in self._ladders.values() for name in ladder.raw_fields()))

    def close(self) -> None:
        """End the idle threads, and write the remaining counts."""
        if self._recorder is not None:
            self._recorder.close()
        for ladder in {id(ladder): ladder for ladder in self._ladders.values()}.values():
            ladder.close()

    def _parts(self, assignment: Assignment) -> Iterator[tuple[Arm | None, NDArray[np.intp] | None]]:
        """Yield the arms that have rows, and their rows; None: all."""
        arms = (None, *assignment.choices)
        present = np.flatnonzero(np.bincount(assignment.arms + 1))
        for place in present.tolist():
            yield arms[place], None if len(present) == 1 else np.flatnonzero(assignment.arms == place - 1)

    def _answer(
        self, inputs: Inputs, assignment: Assignment, arm: Arm | None, rows: NDArray[np.intp] | None
    ) -> ArmAnswer:
        given, undrawn = inputs, assignment.undrawn
        if rows is not None:
            # A model reads few of the raw fields, and only those are copied.
            given = Inputs(inputs.matrix[rows], _Taken(inputs.raw, rows))
            undrawn = undrawn[rows] if undrawn is not None else None
        start = self._clock()
        answer = self._ladders[arm].score(given)
        seconds = self._clock() - start
        self._ladders[arm].observe(given, answer)
        return ArmAnswer(answer, rows, arm, undrawn if undrawn is not None and undrawn.any() else None, seconds)


class _Taken(Mapping[str, NDArray[Any]]):
    """Some rows of columns, which are taken when a column is read."""

    def __init__(self, columns: Mapping[str, NDArray[Any]], rows: NDArray[np.intp]) -> None:
        self._columns = columns
        self._rows = rows

    def __getitem__(self, name: str) -> NDArray[Any]:
        found: NDArray[Any] = self._columns[name][self._rows]
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)
