"""Rows that the tests register models with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

ROWS = np.array([[1.5, -2.0, 0.1], [0.0, 4.0, 3.25], [-1.0, 0.5, 2.0]])
WriteGolden = Callable[..., Path]
