"""A learnt model with all that is to be known about it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from models.learned.learned_model import LearnedModel
from models.lineage import Lineage


@dataclass(frozen=True, eq=False)
class LearnedVersion:
    """The state of a learner at one slot.

    Attributes:
        model: the arrays.
        lineage: the rows and the learner that they come from.
        scores: figures by name, such as ``log_loss``; NaN = not computable yet, and left out wherever it is written.
        feature_set: name of the feature set.
        feature_set_hash: its hash, which a job that serves the model compares with its own.
    """

    model: LearnedModel
    lineage: Lineage
    scores: Mapping[str, float] = field(default_factory=dict)
    feature_set: str | None = None
    feature_set_hash: str | None = None

    @property
    def known_scores(self) -> dict[str, float]:
        """The scores that are numbers, by name."""
        return {name: float(value) for name, value in sorted(self.scores.items()) if math.isfinite(value)}


def scores_text(scores: Mapping[str, float], lineage: Lineage) -> str:
    """Return scores, and the number of rows that they rest on, in words, as the reason for a promotion.

    The form is ``auc_roc 0.912, log_loss 0.0931 after 12,345 updates up to 2026-11-27T06:59:11+00:00``.
    """
    figures = ", ".join(f"{name} {value:.4g}" for name, value in sorted(scores.items()))
    rows = f"{lineage.updates:,} updates up to {lineage.newest.isoformat()}"
    return f"{figures} after {rows}" if figures else rows
