"""Comparisons of a shadow's answers with those that rows got: one row a shadow and answered row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.scoring.outputs import Scores
from models.spec import ModelSpec
from state.drift.histograms import Histograms
from state.drift.sequential.ranks import TrainingRanks

_CLOSE = 1e-6


@dataclass(frozen=True)
class Comparison:
    """Differences between a shadow's answers and those that m rows got.

    Attributes:
        is_match: (m,) same label; without labels the same side of the decision threshold, and without a threshold the
            same score to 1e-6.
        score_delta: (m,) the shadow's score minus the answer.
        rank_delta: (m,) the same for the share of training rows with a lower score, each by its own model's baseline;
            None: one of the models has none.
    """

    is_match: NDArray[np.bool_]
    score_delta: NDArray[np.float64]
    rank_delta: NDArray[np.float64] | None


class Judge:
    """A judge of shadow answers.

    Args:
        threshold: score over which the job raises an alert; None: the models' own thresholds count.
    """

    def __init__(self, threshold: float | None) -> None:
        self._threshold = threshold
        self._ranks: dict[str, TrainingRanks | None] = {}

    def compare(
        self,
        answer: tuple[ModelSpec, NDArray[np.float64], NDArray[np.object_]],
        shadow: tuple[ModelSpec, Scores],
    ) -> Comparison:
        """Compare a shadow's answers with those of the model that answered.

        Args:
            answer: the model that answered, its (m,) scores and (m,) labels, None where it has no classes.
            shadow: the shadow and its scores of the same rows.
        """
        (spec, prediction, label), (other, scores) = answer, shadow
        is_match = self._side(spec, prediction) == self._side(other, scores.prediction)
        if self._limit(spec) is None or self._limit(other) is None:
            is_match = np.isclose(prediction, scores.prediction, rtol=_CLOSE, atol=_CLOSE)
        if scores.label is not None:
            has_label = np.not_equal(label, None).astype(np.bool_)  # type: ignore[call-overload]
            is_match = np.where(has_label, label == scores.label, is_match)
        ranks, others = self._ranks_of(spec), self._ranks_of(other)
        delta = None if ranks is None or others is None else others.of(scores.prediction) - ranks.of(prediction)
        return Comparison(is_match.astype(np.bool_), scores.prediction - prediction, delta)

    def _limit(self, spec: ModelSpec) -> float | None:
        return spec.threshold if self._threshold is None else self._threshold

    def _side(self, spec: ModelSpec, prediction: NDArray[np.float64]) -> NDArray[np.bool_]:
        limit = self._limit(spec)
        return prediction > (np.nan if limit is None else limit)

    def _ranks_of(self, spec: ModelSpec) -> TrainingRanks | None:
        """Return the ranks of a model's scores; None: its spec has no baseline of them."""
        key = f"{spec.ref} {spec.sha256}"
        if key not in self._ranks:
            self._ranks[key] = _ranks(spec)
        return self._ranks[key]


def _ranks(spec: ModelSpec) -> TrainingRanks | None:
    if spec.baseline is None:
        return None
    baseline = Histograms.from_json(spec.baseline)
    scores = [place for place, column in enumerate(baseline.columns) if column.role != "feature"]
    return TrainingRanks(baseline, scores[0]) if len(scores) == 1 else None
