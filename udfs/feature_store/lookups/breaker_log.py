"""Log lines and metric of the breaker in front of the store that features are looked up in."""

from __future__ import annotations

import logging

from udfs.logs import fields
from udfs.metrics.series import series
from udfs.scoring.breaker import BreakerState

_LOG = logging.getLogger("gress.feature_store")
_WORDS = {
    BreakerState.OPEN: "does not answer and is left alone for a while; look-ups give defaults",
    BreakerState.HALF_OPEN: "is asked again",
    BreakerState.CLOSED: "answers again",
}


def tell_breaker(job: str, state: BreakerState) -> None:
    """Log that the breaker opened, lets a call through, or closed.

    Args:
        job: name of the job that reads the store.
        state: its state now.
    """
    series("feature_store_breaker_state", job).set(int(state))
    level = logging.ERROR if state is BreakerState.OPEN else logging.INFO
    said = fields("feature_store_breaker", job=job, state=state.word)
    _LOG.log(level, "feature store: it %s (breaker %s)", _WORDS[state], state.word, extra=said)
