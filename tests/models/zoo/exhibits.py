"""A model file of the zoo: how it is made, how it is registered, and what must come of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

COLUMNS = ("a", "b", "c")
Answers = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Made:
    """A file that was made, with its framework's own answers for float32 rows (n, k).

    Attributes:
        path: the file.
        prediction: gives (n,), the value that must be served; None: the file is to be refused.
        label: gives (n,) text; None: it is not compared.
        features: Parquet file for the registration; None: none is given.
    """

    path: Path
    prediction: Answers | None = None
    label: Answers | None = None
    features: Path | None = None


@dataclass(frozen=True)
class Exhibit:
    """An entry of the zoo.

    Attributes:
        make: writes the file to a folder.
        kind: framework and outputs, input, batch axis, quantisation or damage: what the entry shows.
        options: arguments for the registration.
        columns: feature columns of the job.
        rows: float32 rows to score.
        raw: fields of the events that the model reads beside the features, with the types of their fields.
        refusal: pattern of the text that refuses the file; "": it must be accepted.
        rtol: relative tolerance beside 1e-6 absolute.
    """

    make: Callable[[Path], Made]
    kind: str
    options: Mapping[str, Any] = field(default_factory=dict)
    columns: tuple[str, ...] = COLUMNS
    rows: np.ndarray = field(default_factory=lambda: draw(3))
    raw: Mapping[str, tuple[str, np.ndarray]] = field(default_factory=dict)
    refusal: str = ""
    rtol: float = 1e-6


def draw(width: int, n: int = 7, *, whole: bool = False) -> np.ndarray:
    """Rows to score; the same in each run."""
    rng = np.random.default_rng(7)
    drawn = rng.integers(0, 9, size=(n, width)) if whole else rng.uniform(-2, 2, size=(n, width))
    return drawn.astype(np.float32)
