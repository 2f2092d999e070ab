"""The contract of trackers, checked for each kind."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.trackers.half_space_trees import HalfSpaceTreesSettings
from state.trackers.recent import RecentSettings
from state.trackers.robust_z import RobustZSettings
from state.trackers.seasonal import SeasonalSettings
from state.trackers.tracker import TrackerSettings, TrackerSpec

KINDS: dict[str, TrackerSettings] = {
    "half_space_trees": HalfSpaceTreesSettings(trees=3, height=4, window=9),
    "robust_z": RobustZSettings(history=9, least=2),
    "seasonal": SeasonalSettings(step_ms=1000, period=5, ahead=2),
    "recent": RecentSettings(count=3, gap_ms=1500),
}
SOURCES = {"half_space_trees": 2, "robust_z": 2, "seasonal": 1, "recent": 1}
EVERY_KIND = pytest.mark.parametrize("kind", KINDS)


def stream(sources: int, rows: int = 60) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    values = rng.normal(0, 1, (rows, sources))
    values[7, 0] = np.nan
    values[20:23] = np.nan
    return np.arange(rows) * 1000, values


@EVERY_KIND
@given(cuts=st.lists(st.integers(0, 60), max_size=5))
def test_cuts_and_restarts_change_no_bit(kind: str, cuts: list[int]) -> None:
    times, values = stream(SOURCES[kind])
    uncut = KINDS[kind].start(SOURCES[kind])
    whole = uncut.follow(times, values)
    tracker, found = KINDS[kind].start(SOURCES[kind]), []
    bounds = [0, *sorted(cuts), 60]
    for begin, end in pairwise(bounds):
        saved = tracker.snapshot()
        tracker = KINDS[kind].start(SOURCES[kind])
        tracker.restore(saved)
        found.append(tracker.follow(times[begin:end], values[begin:end]))
    np.testing.assert_array_equal(np.concatenate(found), whole)
    assert tracker.snapshot() == uncut.snapshot()


@EVERY_KIND
def test_input_is_not_changed(kind: str) -> None:
    times, values = stream(SOURCES[kind])
    before = values.copy()
    KINDS[kind].start(SOURCES[kind]).follow(times, values)
    np.testing.assert_array_equal(values, before)


@EVERY_KIND
def test_state_of_another_version_is_refused(kind: str) -> None:
    tracker = KINDS[kind].start(SOURCES[kind])
    with pytest.raises(ValueError, match="expected state of format version 1, got version 9; start without it"):
        tracker.restore(b"\x09" + tracker.snapshot()[1:])


def test_state_is_named_by_what_is_followed_and_how() -> None:
    spec = TrackerSpec(("a",), "k", ("x",), RobustZSettings())
    others = (
        replace(spec, columns=("b",)),
        replace(spec, sources=("y",)),
        replace(spec, settings=RobustZSettings(history=65)),
        replace(spec, settings=HalfSpaceTreesSettings()),
    )
    assert replace(spec).state_name == spec.state_name
    assert len({each.state_name for each in (spec, *others)}) == 5
