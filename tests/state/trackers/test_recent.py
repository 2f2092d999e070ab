from __future__ import annotations

import numpy as np
import pytest

from state.trackers.recent import RecentSettings

NONE = np.nan
MINUTE = 60_000


def followed(minutes: list[float], values: list[float], settings: RecentSettings) -> np.ndarray:
    times = (np.array(minutes) * MINUTE).astype(np.int64)
    return settings.start(1).follow(times, np.array(values)[:, None])


def test_answers_are_the_last_values_the_row_s_own_first() -> None:
    found = followed([0, 1, 2, 3], [7, 5, 7, 9], RecentSettings(3))
    np.testing.assert_array_equal(found, [[7, NONE, NONE], [5, 7, NONE], [7, 5, 7], [9, 7, 5]])


@pytest.mark.parametrize(("pause", "older"), [(30, [4.0, 3.0]), (30.1, [NONE, NONE])], ids=["the gap", "longer"])
def test_a_pause_longer_than_the_gap_begins_a_session(pause: float, older: list[float]) -> None:
    found = followed([0, 30, 30 + pause], [3, 4, 8], RecentSettings(3, 30 * MINUTE))
    np.testing.assert_array_equal(found[2], [8, *older])


def test_a_session_without_a_gap_never_ends() -> None:
    found = followed([0, 1e9], [3, 4], RecentSettings(2))
    np.testing.assert_array_equal(found[1], [4, 3])


def test_a_row_without_a_value_is_answered_by_what_is_known() -> None:
    found = followed([0, 20, 40], [3, NONE, NONE], RecentSettings(2, 30 * MINUTE))
    np.testing.assert_array_equal(found, [[3, NONE], [3, NONE], [NONE, NONE]])


def test_an_older_row_that_comes_late_does_not_move_the_end_of_the_session() -> None:
    found = followed([50, 10, 75], [3, 4, 5], RecentSettings(3, 30 * MINUTE))
    np.testing.assert_array_equal(found[2], [5, 4, 3])


def test_state_of_more_values_is_cut_to_the_newest() -> None:
    long, short = RecentSettings(4).start(1), RecentSettings(2).start(1)
    long.follow(np.arange(4), np.arange(4.0)[:, None])
    short.restore(long.snapshot())
    assert short.follow(np.array([9]), np.array([[NONE]])).tolist() == [[3.0, 2.0]]


def test_rows_of_two_values_are_refused() -> None:
    with pytest.raises(ValueError, match="recent values: expected one value a row, got 2"):
        RecentSettings().start(2)
