"""Drift settings (`ml.drift:`)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from conf.types.base import FrozenSettings
from conf.types.durations import PositiveDurationMs
from conf.types.refusal import Refusal, validation_error
from conf.types.scalars import Flag, Real, Whole


def _distinct(streams: tuple[str, ...]) -> tuple[str, ...]:
    if not streams or len(set(streams)) < len(streams):
        raise validation_error(Refusal("one or more streams, each once", hint="leave the key out to watch all three"))
    return streams


class SequentialSettings(FrozenSettings):
    """Detectors that look at one value after the other and find a change before its window ends.

    Attributes:
        detector: ``none`` (default), ``adwin`` or ``page_hinkley``.
        streams: the watched values, of ``score``, ``features`` and ``outcome``; default all three.
        delta: adwin: share of checks that may find a change where there is none, in (0, 1); default 0.002.
        threshold: page_hinkley: sum of deviations from the mean that is a change, > 0, in units of the values, which
            lie in 0..1; default 50.
        tolerance: page_hinkley: deviation from the mean that adds nothing to the sum, >= 0, in units of the values;
            default 0.005.
    """

    detector: Literal["none", "adwin", "page_hinkley"] = "none"
    streams: Annotated[tuple[Literal["score", "features", "outcome"], ...], AfterValidator(_distinct)] = (
        "score",
        "features",
        "outcome",
    )
    delta: Real = Field(default=0.002, gt=0, lt=1)
    threshold: Real = Field(default=50.0, gt=0)
    tolerance: Real = Field(default=0.005, ge=0)


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
        sequential: detectors that need no window; off by default.
    """

    enabled: Flag = False
    window_ms: PositiveDurationMs = Field(default=3_600_000, alias="window")
    sample: Real = Field(default=0.1, gt=0, le=1)
    min_rows: Whole = Field(default=200, ge=1)
    alpha: Real = Field(default=0.05, gt=0, lt=1)
    measure: Literal["psi", "kolmogorov_smirnov", "jensen_shannon", "chi_square"] = "psi"
    sequential: SequentialSettings = SequentialSettings()
