"""Scoring of shadows: the other variants of an experiment score the rows, too, for a separate stream.

Rules of this file:

- Nothing that a shadow does reaches an answer: rows have theirs before they come here.
- A shadow that fails, or takes too long, is left alone for a while, as a model of the job is. In a stream it gets no
  rows that have waited too long, so it never holds the stream up for long. What it was not given is counted.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.scoring.inputs import Inputs
from models.scoring.outputs import Scores
from models.spec import ModelSpec
from udfs.columns.repeated import repeated
from udfs.experiments.comparison import Judge
from udfs.experiments.router import Arm
from udfs.experiments.shadow_rows import ShadowRows
from udfs.logs import fields
from udfs.metrics.experiments import ShadowRecorder
from udfs.scoring.breaker import BreakerState
from udfs.scoring.ladder import Answer, Ladder

_LOG = logging.getLogger("gress.experiments")
_NOT_GIVEN = "breaker_open"

Compared = Mapping[str, Any]
"""Columns of comparisons, (m,) each, and fields of the events."""


@dataclass(frozen=True)
class ShadowOptions:
    """Options of the shadows.

    Attributes:
        threshold: score over which the job raises an alert; None: the models' own thresholds count.
        longest_wait_s: longest time between a row's answer and its shadows; None: rows wait as long as they must.
    """

    threshold: float | None = None
    longest_wait_s: float | None = None


class Shadows:
    """The variants of a job's experiments as shadows of each other.

    Args:
        arms: all variants, in the order of the router.
        ladders: models of those that score as shadows; each gives NaN to rows that it cannot score.
        options: what counts as a match, and when rows are skipped.
        recorder: recorder of metrics; None: no metrics.
        clock: function that returns seconds since 1970.
    """

    def __init__(
        self,
        arms: Sequence[Arm],
        ladders: Mapping[Arm, Ladder],
        options: ShadowOptions,
        recorder: ShadowRecorder | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._arms = arms
        self._ladders = ladders
        self._options = options
        self._judge = Judge(options.threshold)
        self._recorder = recorder
        self._clock = clock

    def compare(self, rows: ShadowRows) -> Iterator[Compared]:
        """Score rows with each shadow of the variants that answered them, and yield its comparisons."""
        waited_s = self._clock() - rows.sent_ms / 1000
        limit = self._options.longest_wait_s
        experiments = np.array([arm.experiment for arm in self._arms], dtype=object)[rows.arms]
        for place, arm in enumerate(self._arms):
            others = np.flatnonzero((rows.arms != place) & (experiments == arm.experiment))
            if arm not in self._ladders or not len(others):
                continue
            if limit is not None and waited_s > limit:
                self._skip(arm, len(others))
            else:
                yield from self._score(arm, rows, others)

    def close(self) -> None:
        """End the idle threads."""
        for ladder in {id(ladder): ladder for ladder in self._ladders.values()}.values():
            ladder.close()
        if self._recorder is not None:
            self._recorder.close()

    def _score(self, arm: Arm, rows: ShadowRows, others: NDArray[np.intp]) -> Iterator[Compared]:
        start = time.perf_counter()
        given = {name: values[others] for name, values in rows.fields.items()}
        inputs = Inputs(rows.matrix[others], given)
        answer = self._ladders[arm].score(inputs)
        self._ladders[arm].observe(inputs, answer)
        seconds = time.perf_counter() - start
        if answer.why is not None:
            skipped = sum(reason == _NOT_GIVEN for reason in answer.why.tolist())
            self._skip(arm, skipped)
            self._fail(arm, sum(reason is not None for reason in answer.why.tolist()) - skipped)
        scored = np.flatnonzero(np.isfinite(answer.scores.prediction))
        if not len(scored):
            return
        answered = rows.arms[others[scored]]
        matches = 0
        for source in np.unique(answered).tolist():
            part = scored[answered == source]
            columns = self._compared((self._arms[source], arm), rows, others[part], _taken(answer, part))
            matches += int(np.count_nonzero(columns["__is_match"]))
            yield columns
        if self._recorder is not None:
            self._recorder.compared(arm, matches, len(scored) - matches, seconds)

    def _compared(
        self, arms: tuple[Arm, Arm], rows: ShadowRows, places: NDArray[np.intp], shadow: tuple[ModelSpec, Scores]
    ) -> dict[str, Any]:
        """Return the comparisons of some rows, which one arm answered and another scored as a shadow."""
        (own, other), (spec, scores), size = arms, shadow, len(places)
        prediction, label = rows.predictions[places], rows.labels[places]
        found = self._judge.compare((self._spec_of(own), prediction, label), shadow)
        return {
            **{name: values[places] for name, values in rows.fields.items()},
            "__experiment": repeated(own.experiment, size),
            "__variant": repeated(own.variant, size),
            "__version": rows.versions[places],
            "__prediction": prediction,
            "__label": label,
            "__shadow": repeated(other.variant, size),
            "__shadow_version": repeated(spec.version, size),
            "__shadow_prediction": scores.prediction,
            "__shadow_label": repeated(None, size) if scores.label is None else scores.label,
            "__is_match": found.is_match.astype(np.float64),
            "__score_delta": found.score_delta,
            "__rank_delta": np.full(size, np.nan) if found.rank_delta is None else found.rank_delta,
        }

    def _spec_of(self, arm: Arm) -> ModelSpec:
        """Return the spec of an arm's model, of which a batch before may have had an earlier version."""
        return self._ladders[arm].nothing().spec

    def _skip(self, arm: Arm, rows: int) -> None:
        if self._recorder is not None and rows:
            self._recorder.skipped(arm, rows)

    def _fail(self, arm: Arm, rows: int) -> None:
        if self._recorder is not None and rows:
            self._recorder.failed(arm, rows)


def _taken(answer: Answer, rows: NDArray[np.intp]) -> tuple[ModelSpec, Scores]:
    """Return a model, and its scores of some rows."""
    scores = answer.scores
    label = None if scores.label is None else scores.label[rows]
    return answer.spec, Scores(scores.prediction[rows], label, None)


class ShadowLog:
    """A listener that logs when a shadow is left alone."""

    def fallback(self, spec: ModelSpec, reason: str, rows: int) -> None:
        """Do nothing: the shadows count their own failures."""

    def breaker(self, spec: ModelSpec, state: BreakerState) -> None:
        """Log that a shadow's breaker opened, lets a probe through, or closed."""
        said = fields("shadow_breaker_changed", model=spec.name, version=spec.version, state=state.word)
        _LOG.log(
            logging.WARNING, "%s as a shadow: breaker %s; answers are as they were", spec.ref, state.word, extra=said
        )
