"""Health of models, from the metrics of the workers that run them."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterable

from gress.health.checks import Check, State
from udfs.metrics.catalogue import PREFIX

_BREAKERS: dict[int, tuple[State, str]] = {
    0: ("ok", "closed"),
    1: ("degraded", "half-open: the model is tried again"),
    2: ("degraded", "open: the model keeps failing, others answer for it"),
}


def model_checks(endpoint: str, *, timeout_s: float = 5.0) -> list[Check]:
    """Check the models of a host's workers; problems become checks, not errors.

    Args:
        endpoint: HOST:PORT of ``ml.metrics``.
        timeout_s: longest wait for the answer, in seconds.
    """
    try:
        with urllib.request.urlopen(f"http://{endpoint}/metrics", timeout=timeout_s) as answer:
            text = answer.read().decode()
    except (OSError, urllib.error.URLError, ValueError) as error:
        reason = getattr(error, "reason", error)
        return [Check("metrics", "degraded", f"{endpoint}: no answer ({reason}); no worker serves there")]
    samples = list(_samples(text))
    return [_loaded(endpoint, samples), *_breakers(samples)]


def _samples(text: str) -> Iterable[tuple[str, dict[str, str], float]]:
    from prometheus_client.parser import text_string_to_metric_families

    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            yield sample.name.removeprefix(PREFIX), sample.labels, sample.value


def _loaded(endpoint: str, samples: list[tuple[str, dict[str, str], float]]) -> Check:
    found = sorted(
        f"{labels['model']}@{labels['version']} in {value:g}"
        for name, labels, value in samples
        if name == "models_loaded" and value
    )
    return Check("models", "ok" if found else "degraded", f"{endpoint}: {', '.join(found) or 'none is loaded'}")


def _breakers(samples: list[tuple[str, dict[str, str], float]]) -> list[Check]:
    checks = []
    for name, labels, value in samples:
        if name == "circuit_breaker_state":
            state, words = _BREAKERS.get(int(value), ("degraded", f"in state {value:g}"))
            checks.append(Check("breaker", state, f"{labels['model']}@{labels['version']}: {words}"))
    return checks
