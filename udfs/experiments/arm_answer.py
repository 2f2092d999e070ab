"""Answer of one arm to its rows of a batch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from udfs.experiments.router import Arm
from udfs.scoring.ladder import Answer


@dataclass(frozen=True)
class ArmAnswer:
    """The answer of one arm to its rows of a batch.

    Attributes:
        answer: scores of m rows.
        rows: (m,) their places in the batch, ascending; None: all rows.
        arm: variant of an experiment; None: the job's own model, which answers rows in no experiment.
        undrawn: (m,) whether the arm stands in where none could be drawn; None: it was drawn for each row.
        seconds: time that the arm's model and its fallbacks took.
    """

    answer: Answer
    rows: NDArray[np.intp] | None = None
    arm: Arm | None = None
    undrawn: NDArray[np.bool_] | None = None
    seconds: float = 0.0
