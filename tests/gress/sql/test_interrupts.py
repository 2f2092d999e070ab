"""Ctrl-C that waits for the JVM."""

from __future__ import annotations

import signal
import threading

import pytest

from gress.sql.interrupts import Held, heed_interrupts, held_interrupts, let_through
from gress.sql.rows import Rows


def press() -> None:
    signal.raise_signal(signal.SIGINT)


def test_a_held_interrupt_comes_at_the_end_of_the_block() -> None:
    done: list[str] = []

    def statement() -> None:
        with held_interrupts():
            press()
            press()
            done.append("planned")

    with pytest.raises(KeyboardInterrupt):
        statement()
    assert done == ["planned"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interrupt_goes_through_where_the_block_waits() -> None:
    with held_interrupts():
        with pytest.raises(KeyboardInterrupt), let_through():
            press()
        assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler


def test_an_interrupt_that_was_held_comes_before_the_wait() -> None:
    with held_interrupts():
        press()
        with pytest.raises(KeyboardInterrupt):
            next(Rows(iter([1])).blocks())
        press()
        # It is held again once the wait is over.
        with pytest.raises(KeyboardInterrupt):
            heed_interrupts()


def test_an_error_of_the_block_wins_over_a_held_interrupt() -> None:
    @held_interrupts()
    def statement() -> None:
        press()
        msg = "no plan"
        raise ValueError(msg)

    with pytest.raises(ValueError, match="no plan"):
        statement()


def test_an_interrupt_long_after_the_first_goes_through_at_once() -> None:
    times = iter([0.0, 9.0, 11.0])
    held = Held(lambda: next(times))
    held(signal.SIGINT, None)
    held(signal.SIGINT, None)
    with pytest.raises(KeyboardInterrupt):
        held(signal.SIGINT, None)


def test_another_handler_is_left_alone() -> None:
    pressed: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: pressed.append(number))
    try:
        with held_interrupts(), let_through():
            press()
            assert pressed == [signal.SIGINT]
    finally:
        signal.signal(signal.SIGINT, before)


def test_other_threads_hold_nothing() -> None:
    found: list[object] = []

    def statement() -> None:
        with held_interrupts(), let_through():
            found.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=statement)
    thread.start()
    thread.join()
    assert found == [signal.default_int_handler]
