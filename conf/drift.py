"""Drift settings (`ml.drift:`)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from conf.types.base import FrozenSettings
from conf.types.durations import PositiveDurationMs
from conf.types.scalars import Flag, Real, Whole


class DriftSettings(FrozenSettings):
    """Comparison of a model's inputs and scores with its training data, per window of event time.

    Attributes:
        enabled: compare and write drift records; default false.
        window_ms: length of a window; YAML ``window``, default 1h.
        sample: share of rows that enter the comparison, in (0, 1]; default 0.1.
        min_rows: fewest sampled rows for which a window is judged, >= 1; default 200.
        alpha: share of windows without drift that may raise an alarm, in (0, 1); default 0.05.
        measure: distance between two distributions: ``psi`` (default), ``kolmogorov_smirnov``, ``jensen_shannon`` or
            ``chi_square``.
    """

    enabled: Flag = False
    window_ms: PositiveDurationMs = Field(default=3_600_000, alias="window")
    sample: Real = Field(default=0.1, gt=0, le=1)
    min_rows: Whole = Field(default=200, ge=1)
    alpha: Real = Field(default=0.05, gt=0, lt=1)
    measure: Literal["psi", "kolmogorov_smirnov", "jensen_shannon", "chi_square"] = "psi"
