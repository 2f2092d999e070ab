"""Values of the good rows put back to their places in the batch, and columns of the bad ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from udfs.columns.repeated import repeated
from udfs.dead_letters import Problem
from udfs.parsing.encoding import show_line
from udfs.rows import DEAD_LETTER, step_columns

PROBLEM_COLUMNS = step_columns(DEAD_LETTER)
"""Reason and error of a row that is a dead letter, NULL in others."""

VALUE_COLUMNS = (("__value", "STRING"), ("__encoding", "STRING"))
"""Line of a row that is a dead letter, as text, and the encoding of that text; NULL in others."""


def scatter(values: Any, rows: NDArray[Any] | None, size: int) -> Any:
    """Return ``size`` values with those given at ``rows`` and None elsewhere; no rows: the values themselves."""
    if rows is None:
        return values
    spread = np.full(size, None, dtype=object)
    spread[rows] = values
    return spread


def problem_columns(problems: Mapping[int, Problem], size: int) -> dict[str, NDArray[Any]]:
    """Return ``PROBLEM_COLUMNS``: None for rows without a problem."""
    if not problems:
        return {"__dead_letter_reason": repeated(None, size), "__dead_letter_error": repeated(None, size)}
    reasons, errors = np.full(size, None, dtype=object), np.full(size, None, dtype=object)
    for row, problem in problems.items():
        reasons[row], errors[row] = problem.reason, problem.error
    return {"__dead_letter_reason": reasons, "__dead_letter_error": errors}


def value_columns(rows: Iterable[int], lines: Sequence[bytes | None]) -> dict[str, NDArray[Any]]:
    """Return ``VALUE_COLUMNS`` with the lines of some rows, and None for the others."""
    found = {name: np.full(len(lines), None, dtype=object) for name, _ in VALUE_COLUMNS}
    for row in rows:
        found["__value"][row], found["__encoding"][row] = show_line(lines[row])
    return found
