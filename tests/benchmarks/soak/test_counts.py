"""Each row is counted by its number, whatever became of it."""

from __future__ import annotations

import json

import pytest

from benchmarks.kafka_job import RESULTS
from benchmarks.soak.counts import Counts
from benchmarks.soak.feeder import row_text

PREDICTIONS, LETTERS = RESULTS["predictions"], RESULTS["dead_letters"]


def prediction(number: int, version: str = "1.0.0") -> bytes:
    return json.dumps({"event_id": str(number), "version": version}).encode()


def letter(number: int, malformed_every: int = 5) -> bytes:
    return json.dumps({"value": row_text(number, 1, [0.5] * 20, malformed_every), "reason": "malformed"}).encode()


@pytest.fixture
def whole() -> Counts:
    """Ten rows of which each fifth is malformed, each once."""
    counts = Counts(10, 5)
    for number in range(10):
        is_cut = number % 5 == 4
        assert counts.add(LETTERS if is_cut else PREDICTIONS, letter(number) if is_cut else prediction(number))
    return counts


def faults(counts: Counts) -> tuple[int, int, int]:
    return counts.lost, counts.surplus, counts.misplaced


def test_rows_that_are_there_once_add_up(whole: Counts) -> None:
    assert faults(whole) == (0, 0, 0)
    assert (whole.predictions.sum(), whole.letters.sum()) == (8, 2)
    assert (whole.versions, whole.reasons) == ({"1.0.0": 8}, {"malformed": 2})


def test_a_row_without_a_record_is_lost() -> None:
    counts = Counts(3, 100)
    counts.add(PREDICTIONS, prediction(1))
    assert faults(counts) == (2, 0, 0)


def test_a_second_record_of_a_row_is_surplus(whole: Counts) -> None:
    whole.add(PREDICTIONS, prediction(3))
    whole.add(LETTERS, letter(4))
    assert faults(whole) == (0, 2, 0)


def test_good_rows_belong_to_predictions_and_malformed_ones_to_dead_letters() -> None:
    counts = Counts(5, 5)
    for number in range(4):
        counts.add(PREDICTIONS, prediction(number))
    counts.add(PREDICTIONS, prediction(4))
    assert faults(counts) == (0, 0, 1)
    counts.add(LETTERS, letter(0))
    assert faults(counts) == (0, 1, 2)


def test_rows_after_the_last_that_counts_are_left_out(whole: Counts) -> None:
    assert not whole.add(PREDICTIONS, prediction(10))
    assert faults(whole) == (0, 0, 0)
