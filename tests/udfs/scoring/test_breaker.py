from __future__ import annotations

from udfs.scoring.breaker import BreakerOptions, BreakerState, CircuitBreaker


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def opened(clock: Clock) -> CircuitBreaker:
    breaker = CircuitBreaker(BreakerOptions(), clock=clock)
    for _ in range(5):
        assert breaker.allows()
        breaker.failed()
    return breaker


def test_it_opens_at_the_fifth_failure_in_a_row() -> None:
    breaker = CircuitBreaker()
    for _ in range(4):
        breaker.failed()
    breaker.succeeded()
    for _ in range(4):
        breaker.failed()
    assert breaker.state is BreakerState.CLOSED
    breaker.failed()
    assert (breaker.state, breaker.allows()) == (BreakerState.OPEN, False)


def test_after_its_time_it_lets_one_probe_through_at_a_time() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now = 59.9
    assert not breaker.allows()
    clock.now = 60.0
    assert breaker.allows()
    assert not breaker.allows()
    breaker.succeeded()
    assert breaker.state is BreakerState.HALF_OPEN
    assert breaker.allows()
    breaker.succeeded()
    assert breaker.state is BreakerState.CLOSED


def test_a_failed_probe_opens_it_for_as_long_again() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now = 60.0
    assert breaker.allows()
    breaker.failed()
    clock.now = 119.9
    assert not breaker.allows()
    clock.now = 120.0
    assert breaker.allows()


def test_changes_are_told_once() -> None:
    clock, told = Clock(), []
    breaker = CircuitBreaker(BreakerOptions(failures=2, successes=1), told.append, clock)
    for _ in range(4):
        breaker.failed()
    clock.now = 61.0
    breaker.allows()
    breaker.succeeded()
    breaker.succeeded()
    assert told == [BreakerState.OPEN, BreakerState.HALF_OPEN, BreakerState.CLOSED]
