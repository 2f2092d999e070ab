"""Answers to rows of an experiment, and the value of each metric in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conf.experiments.verdict import MetricSettings
from state.experiments.paired import log_losses

Floats = NDArray[np.float64]

LARGEST = 1e60
"""Largest number that a metric counts."""


@dataclass(frozen=True)
class Answered:
    """Rows that variants of one experiment answered, (n,) each.

    Attributes:
        prediction: scores, NaN where there is none.
        label: outcomes, NaN where not known.
        failed: 1 where the variant's model failed, else 0.
        latency_s: seconds that the variant's model took.
        fields: event fields that metrics read, by name.
    """

    prediction: Floats
    label: Floats
    failed: Floats
    latency_s: Floats
    fields: Mapping[str, NDArray[Any]]

    @property
    def chances(self) -> tuple[Floats, Floats]:
        """Predictions that are chances of a positive, with their outcomes; NaN in other rows."""
        is_known = np.isfinite(self.label) & (self.prediction >= 0) & (self.prediction <= 1)
        return np.where(is_known, self.prediction, np.nan), np.where(is_known, self.label, np.nan)

    def values(self, metrics: Sequence[MetricSettings]) -> Floats:
        """Return the value of each metric in each row, (n, k); NaN where a row says nothing about it."""
        found = np.stack([_VALUES[metric.of](metric, self) for metric in metrics], axis=1)
        # Squares of a larger number, summed over units, are no doubles: one row would end all statistics.
        return np.where(np.abs(found) <= LARGEST, found, np.nan)


def _log_loss(metric: MetricSettings, answered: Answered) -> Floats:
    scores, labels = answered.chances
    made = np.full(len(scores), np.nan)
    known = np.flatnonzero(np.isfinite(labels))
    made[known] = log_losses(scores[known], labels[known] > 0)
    return made


def _field(metric: MetricSettings, answered: Answered) -> Floats:
    found: Floats = answered.fields[metric.field or ""].astype(np.float64)
    return np.where(np.isfinite(found), found, np.nan)


_VALUES: Mapping[str, Callable[[MetricSettings, Answered], Floats]] = MappingProxyType(
    {
        "label": lambda metric, answered: answered.label,
        "log_loss": _log_loss,
        # The area is found from scores and outcomes.
        "auc": lambda metric, answered: np.full(len(answered.label), np.nan),
        "errors": lambda metric, answered: answered.failed,
        "latency": lambda metric, answered: answered.latency_s,
        "field": _field,
    }
)
