"""Health of models and of the feature store, from the metrics of the workers that run them."""

from __future__ import annotations

from collections.abc import Iterator

from gress.health.checks import Check, State
from gress.metrics.scrape import Scrape, scrape
from udfs.scoring.breaker import BreakerState

_BREAKERS: dict[float, tuple[State, str]] = {
    BreakerState.CLOSED: ("ok", BreakerState.CLOSED.word),
    BreakerState.HALF_OPEN: ("degraded", f"{BreakerState.HALF_OPEN.word}: the model is tried again"),
    BreakerState.OPEN: ("degraded", f"{BreakerState.OPEN.word}: the model keeps failing, others answer for it"),
}
_STORES: dict[float, tuple[State, str]] = {
    BreakerState.CLOSED: ("ok", "it answers"),
    BreakerState.HALF_OPEN: ("degraded", "it is asked again after failures"),
    BreakerState.OPEN: ("degraded", "it does not answer: look-ups give defaults; see gress doctor"),
}


def model_checks(endpoint: str, *, timeout_s: float = 5.0) -> list[Check]:
    """Check the models of a host's workers, and the store that they read; problems become checks, not errors.

    Args:
        endpoint: HOST:PORT of ``ml.metrics``.
        timeout_s: longest wait for the answer, in seconds.
    """
    found = scrape(endpoint, timeout_s=timeout_s)
    if found.problem:
        return [Check("metrics", "degraded", f"{endpoint}: no answer ({found.problem}); no worker serves there")]
    return [_loaded(found), *_breakers(found), *_stores(found)]


def _loaded(found: Scrape) -> Check:
    workers = _by_version(found, "models_loaded")
    loaded = sorted(f"{version} in {count:g}" for version, count in workers if count)
    detail = f"{found.endpoint}: {', '.join(loaded) or 'none is loaded'}"
    return Check("models", "ok" if loaded else "degraded", detail)


def _breakers(found: Scrape) -> list[Check]:
    checks = []
    for version, value in _by_version(found, "circuit_breaker_state"):
        state, words = _BREAKERS.get(value, ("degraded", f"in state {value:g}"))
        checks.append(Check("breaker", state, f"{version}: {words}"))
    return checks


def _stores(found: Scrape) -> list[Check]:
    """Return a check for each job whose workers look features up in a store."""
    checks = []
    for series, value in found.gauges.items():
        if series.name == "feature_store_breaker_state":
            state, words = _STORES.get(value, ("degraded", f"in state {value:g}"))
            checks.append(Check("feature store", state, words, dict(series.labels).get("job", "")))
    return checks


def _by_version(found: Scrape, name: str) -> Iterator[tuple[str, float]]:
    labelled = [(dict(series.labels), value) for series, value in found.gauges.items() if series.name == name]
    is_shared = len({labels.get("job", "") for labels, _ in labelled}) > 1
    for labels, value in labelled:
        version = f"{labels.get('model', '?')}@{labels.get('version', '?')}"
        yield f"{version} of {labels.get('job', '')}" if is_shared else version, value
