"""Tries of a call, and the pauses between them."""

from __future__ import annotations

import pytest

from state.feature_store.attempts import Attempts, Patience
from state.feature_store.errors import StoreError
from udfs.scoring.breaker import BreakerOptions, BreakerState, CircuitBreaker


def pauses(draw: float, patience: Patience) -> list[float]:
    slept: list[float] = []
    breaker = CircuitBreaker(BreakerOptions(failures=100))
    attempts = Attempts(patience, breaker, sleep=slept.append, draw=lambda: draw)

    def fails() -> None:
        raise StoreError(reason="timeout", text="no answer")

    with pytest.raises(StoreError, match="feature store: no answer"):
        attempts.call(fails)
    return slept


@pytest.mark.parametrize(("draw", "factor"), [(0.0, 0.9), (0.5, 1.0), (1.0, 1.1)], ids=["short", "mean", "long"])
def test_pauses_double_up_to_the_longest_and_vary(draw: float, factor: float) -> None:
    expected = [0.1 * factor, 0.2 * factor, 0.3 * factor, 0.3 * factor]
    assert pauses(draw, Patience(retries=4, longest_s=0.3)) == pytest.approx(expected)


def test_defaults_are_those_of_the_interface() -> None:
    assert Patience() == Patience(retries=3, pause_s=0.1, longest_s=30.0, jitter=0.1)


def test_an_error_of_another_kind_counts_as_a_failure_and_comes_through() -> None:
    breaker = CircuitBreaker(BreakerOptions(failures=1))
    with pytest.raises(ZeroDivisionError):
        Attempts(Patience(), breaker).call(lambda: 1 // 0)
    assert breaker.state is BreakerState.OPEN
