"""Options of the ladder of fallbacks, from settings."""

from __future__ import annotations

from conf.settings import InferenceSettings, MlSettings
from udfs.scoring.breaker import BreakerOptions
from udfs.scoring.ladder import LadderOptions


def ladder_options(ml: MlSettings, inference: InferenceSettings) -> LadderOptions:
    """Return the fallbacks and limits that settings ask for."""
    breaker = BreakerOptions(
        ml.inference.breaker_failures, ml.inference.breaker_open_ms / 1000, ml.inference.breaker_successes
    )
    return LadderOptions(
        default=inference.default_prediction,
        deadline_s=ml.inference.max_latency_ms / 1000,
        max_hanging=inference.max_concurrency,
        breaker=breaker,
    )
