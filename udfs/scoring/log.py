"""Log lines and metrics of fallbacks: a line for each change of a breaker, a count for each batch."""

from __future__ import annotations

import logging

from models.spec import ModelSpec
from udfs.logs import fields
from udfs.metrics.series import series
from udfs.scoring.breaker import BreakerState

_LOG = logging.getLogger("gress.models")
_WORDS = {
    BreakerState.OPEN: "keeps failing and is left alone for a while",
    BreakerState.HALF_OPEN: "is tried again",
    BreakerState.CLOSED: "works again",
}


class FallbackLog:
    """A listener that logs and counts fallbacks.

    Args:
        job: name of the job that the models score for.
    """

    def __init__(self, job: str = "") -> None:
        self._job = job

    def fallback(self, spec: ModelSpec, reason: str, rows: int) -> None:
        """Count rows that got another model's prediction or the default one, with the reason."""
        series("fallback_predictions_total", self._job, spec.name, spec.version, reason).inc(rows)

    def breaker(self, spec: ModelSpec, state: BreakerState) -> None:
        """Log that a model's breaker opened, lets a probe through, or closed."""
        series("circuit_breaker_state", self._job, spec.name, spec.version).set(int(state))
        level = logging.ERROR if state is BreakerState.OPEN else logging.INFO
        said = fields("breaker_changed", model=spec.name, version=spec.version, state=state.word)
        _LOG.log(level, "%s %s (breaker %s)", spec.ref, _WORDS[state], state.word, extra=said)
