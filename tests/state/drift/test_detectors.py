"""The contract of all that keeps state, from the tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.drift import MEASURES
from state.drift.measures.measurement import Measurement
from state.drift.quality.calibration import Calibration
from state.drift.quality.rolling_auc import RollingAuc
from state.drift.sequential.adwin import Adwin
from state.drift.sequential.page_hinkley import PageHinkley
from state.drift.sequential.streams import SEQUENTIAL

# A stream with a change, so that state after a change is met too; and with gaps.
RNG = np.random.default_rng(5)
VALUES = np.concatenate([RNG.beta(2, 8, 150), RNG.beta(8, 2, 150)])
VALUES[::17] = np.nan
LABELS = (RNG.random(300) < np.nan_to_num(VALUES)).astype(float)
LABELS[::13] = np.nan
# With settings that find changes in so few values.
WATCHING: dict[str, Callable[[], Any]] = {
    "page_hinkley": lambda: PageHinkley(threshold=5.0, tolerance=0.05),
    "adwin": lambda: Adwin(clock=7),
}
QUALITY: dict[str, Callable[[], Any]] = {"rolling_auc": RollingAuc, "calibration": Calibration}

CUTS = st.lists(st.integers(0, 300), max_size=6).map(sorted)
EACH_SEQUENTIAL = pytest.mark.parametrize("name", SEQUENTIAL)
EACH_QUALITY = pytest.mark.parametrize("name", QUALITY)


def counted(name: str, *parts: slice) -> Any:
    monitor = QUALITY[name]()
    for part in parts:
        monitor.update(VALUES[part], LABELS[part])
    return monitor


def found_in(detector: Any, part: slice) -> list[tuple[int, float, float]]:
    """Changes in a part of the stream, by their position in all of it."""
    found = detector.update(VALUES[part])
    return [(part.start + change.position, change.shift, change.score) for change in found]


def parts_of(cuts: list[int]) -> list[slice]:
    return [slice(start, end) for start, end in zip([0, *cuts], [*cuts, 300], strict=True)]


def test_table_names_the_measures() -> None:
    assert set(MEASURES) == {"psi", "kolmogorov_smirnov", "jensen_shannon", "chi_square"}
    assert all(measure.__name__ == name for name, measure in MEASURES.items())


@pytest.mark.parametrize("name", MEASURES)
def test_measures_answer_alike(name: str) -> None:
    assert isinstance(MEASURES[name]([10, 20], [20, 10]), Measurement)


@EACH_SEQUENTIAL
def test_stream_has_a_rise_to_find(name: str) -> None:
    (first, *_) = found_in(WATCHING[name](), slice(0, 300))
    position, shift, score = first
    assert 150 <= position < 200
    assert 0.3 < shift < 0.8
    assert score > 0.8


@EACH_SEQUENTIAL
@given(CUTS)
def test_cutting_the_stream_anywhere_changes_nothing(name: str, cuts: list[int]) -> None:
    whole, parts = WATCHING[name](), WATCHING[name]()
    found = [change for part in parts_of(cuts) for change in found_in(parts, part)]
    assert found == found_in(whole, slice(0, 300))
    assert parts.snapshot() == whole.snapshot()


@EACH_SEQUENTIAL
@given(st.integers(0, 300))
def test_restored_goes_on_as_if_never_stopped(name: str, cut: int) -> None:
    whole, first, second = WATCHING[name](), WATCHING[name](), WATCHING[name]()
    found = found_in(first, slice(0, cut))
    second.restore(first.snapshot())
    found += found_in(second, slice(cut, 300))
    assert found == found_in(whole, slice(0, 300))
    assert second.snapshot() == whole.snapshot()


@EACH_SEQUENTIAL
def test_snapshot_does_not_change_when_the_detector_goes_on(name: str) -> None:
    detector = WATCHING[name]()
    detector.update(VALUES[:100])
    snapshot = detector.snapshot()
    again = WATCHING[name]()
    again.restore(snapshot)
    before = repr(snapshot)
    detector.update(VALUES[100:])
    again.update(VALUES[100:])
    assert repr(snapshot) == before


@EACH_QUALITY
@given(CUTS)
def test_cutting_outcomes_anywhere_changes_nothing(name: str, cuts: list[int]) -> None:
    assert counted(name, slice(300)).snapshot() == counted(name, *parts_of(cuts)).snapshot()


@EACH_QUALITY
@given(st.integers(0, 300))
def test_restored_outcomes_go_on_as_if_never_stopped(name: str, cut: int) -> None:
    again = QUALITY[name]()
    again.restore(counted(name, slice(cut)).snapshot())
    again.update(VALUES[cut:], LABELS[cut:])
    assert again.snapshot() == counted(name, slice(300)).snapshot()


@pytest.mark.parametrize("name", [*SEQUENTIAL, *QUALITY])
def test_other_version_is_refused(name: str) -> None:
    detector = {**WATCHING, **QUALITY}[name]()
    with pytest.raises(ValueError, match=f"expected a snapshot of version {detector.snapshot()['version']}"):
        detector.restore({**detector.snapshot(), "version": 9})
