"""Rows of a soak: steady, in order, and some cut short."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from benchmarks.soak.feeder import Feeder, number_in, row_text
from benchmarks.soak.plan import Plan


def test_a_whole_row_is_an_event_of_its_time() -> None:
    row = json.loads(row_text(7, 1_764_000_000_123, [0.25] * 20, 100))
    assert (row["id"], row["time"], row["user"], row["f19"]) == (7, 1_764_000_000_123, "user-007", 0.25)


def test_a_row_that_is_cut_short_is_no_json_and_tells_its_number() -> None:
    text = row_text(1_999_999, 1_764_000_000_123, [0.25] * 20, 100)
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        json.loads(text)
    assert number_in(text) == 1_999_999


def test_a_strangers_text_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a row with a number, got 'hello'"):
        number_in("hello")


class _Broker:
    """A producer whose broker takes all rows but one, and tells a sender what comes next by their number."""

    def __init__(self, feeder: Feeder, refused: int) -> None:
        self.numbers: list[int] = []
        self._feeder, self._refused = feeder, refused

    def produce(self, topic: str, text: str, *, partition: int, on_delivery: Callable[[object, object], None]) -> None:
        number = number_in(text)
        self.numbers.append(number)
        assert partition == number % 2
        on_delivery("full" if number == self._refused else None, None)

    def poll(self, _: float) -> None:
        if len(self.numbers) > 10:
            self._feeder.working.set()
        if self._feeder.counted.is_set():
            self._feeder.stop.set()


def test_rows_count_once_the_job_works_and_others_go_on_after_them() -> None:
    feeder = Feeder("", Plan(0.05, rate=1_000))
    broker = _Broker(feeder, refused=7)
    feeder._send(broker)
    counted = [number for number in broker.numbers if number < 50]
    assert counted == list(range(50))
    assert broker.numbers[0] == 50
    assert broker.numbers[-1] > 60
    assert len(set(broker.numbers)) == len(broker.numbers)
    assert (feeder.sent, feeder.refused) == (len(broker.numbers) - 1, ["full"])
