"""Events of a job with shadows are compared with those of one without, where the host took no processor away."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.experiments.shadow import Turn, main, summarise
from benchmarks.latency.stolen import hit


@pytest.mark.parametrize("pairs", ["0", "-1"])
def test_no_pair_of_turns_is_refused(pairs: str) -> None:
    with pytest.raises(SystemExit, match=f"expected at least 1 pair of turns, got {pairs}"):
        main(pairs)


def test_times_in_which_the_host_took_a_processor_change_no_ratio() -> None:
    without = [_turn(ms=1), _turn(ms=80, is_hit=True)]
    beside = [_turn(ms=2), _turn(ms=2)]

    found = summarise(without, beside)

    assert (found["p99_ms"], found["p99_ms_with_shadow"], found["p99_ratio"], found["pairs"]) == (1, 2, 2, 1)
    assert (found["stolen"], found["stolen_with_shadow"]) == (0.5, 0)
    assert found["whole_p99_ratio"] == round(2 / 80, 3)


def test_a_turn_in_which_all_was_slow_changes_no_ratio() -> None:
    found = summarise([_turn(ms=1), _turn(ms=50), _turn(ms=1)], [_turn(ms=2), _turn(ms=100), _turn(ms=2)])

    assert (found["p99_ratio"], found["p99_ratio_low"], found["p99_ratio_high"]) == (2, 2, 2)


def test_no_turn_without_hits_is_said() -> None:
    with pytest.raises(SystemExit, match="no turn has 300 events"):
        summarise([_turn(ms=1, is_hit=True)], [_turn(ms=1)])


def test_slow_answers_at_other_times_count() -> None:
    found = summarise([_turn(ms=1)], [_turn(ms=9)])

    assert (found["p50_ratio"], found["p99_ratio"]) == (9, 9)


def test_a_time_before_the_first_reading_counts_as_hit() -> None:
    assert hit([1, 11], times=[10, 20], ticks=[3, 3]).tolist() == [True, False]


def _turn(*, ms: int, is_hit: bool = False, size: int = 400) -> Turn:
    return Turn(np.full((size, 2), ms * 10**6), np.full(size, is_hit))
