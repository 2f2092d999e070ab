"""The contract of all that keeps state, from the tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.drift import DETECTORS, MEASURES, OUTCOMES, SEQUENTIAL
from state.drift.measures.measurement import Measurement

# A stream with a change, so that state after a change is met too; and with gaps.
RNG = np.random.default_rng(5)
VALUES = np.concatenate([RNG.beta(2, 8, 150), RNG.beta(8, 2, 150)])
VALUES[::17] = np.nan
LABELS = (RNG.random(300) < np.nan_to_num(VALUES)).astype(float)
LABELS[::13] = np.nan
SETTINGS: dict[str, dict[str, Any]] = {"page_hinkley": {"threshold": 2.0}, "adwin": {"clock": 7}}

CUTS = st.lists(st.integers(0, 300), max_size=6).map(sorted)
EACH_SEQUENTIAL = pytest.mark.parametrize("name", SEQUENTIAL)
EACH_OUTCOME = pytest.mark.parametrize("name", OUTCOMES)


def sequential(name: str) -> Any:
    return SEQUENTIAL[name](**SETTINGS[name])


def counted(name: str, *parts: slice) -> Any:
    monitor = OUTCOMES[name]()
    for part in parts:
        monitor.update(VALUES[part], LABELS[part])
    return monitor


def parts_of(cuts: list[int]) -> list[slice]:
    return [slice(start, end) for start, end in zip([0, *cuts], [*cuts, 300], strict=True)]


def test_table_names_them_all() -> None:
    assert set(DETECTORS) == {*MEASURES, *SEQUENTIAL, *OUTCOMES}
    assert set(DETECTORS) == {
        *("psi", "kolmogorov_smirnov", "jensen_shannon", "chi_square"),
        *("page_hinkley", "adwin", "rolling_auc", "calibration"),
    }
    assert all(measure.__name__ == name for name, measure in MEASURES.items())


@pytest.mark.parametrize("name", MEASURES)
def test_measures_answer_alike(name: str) -> None:
    assert isinstance(MEASURES[name]([10, 20], [20, 10]), Measurement)


@EACH_SEQUENTIAL
def test_stream_has_changes_to_find(name: str) -> None:
    detector = sequential(name)
    found = detector.update(VALUES)
    assert detector.changes == len(found) > 0


@EACH_SEQUENTIAL
@given(CUTS)
def test_cutting_the_stream_anywhere_changes_nothing(name: str, cuts: list[int]) -> None:
    whole, parts = sequential(name), sequential(name)
    found = [part.start + i for part in parts_of(cuts) for i in parts.update(VALUES[part])]
    assert found == whole.update(VALUES).tolist()
    assert parts.snapshot() == whole.snapshot()


@EACH_SEQUENTIAL
@given(st.integers(0, 300))
def test_restored_goes_on_as_if_never_stopped(name: str, cut: int) -> None:
    whole, first, second = sequential(name), sequential(name), sequential(name)
    found = first.update(VALUES[:cut]).tolist()
    second.restore(first.snapshot())
    found += (second.update(VALUES[cut:]) + cut).tolist()
    assert found == whole.update(VALUES).tolist()
    assert second.snapshot() == whole.snapshot()
    assert second.score == whole.score
    assert 0 <= second.score <= 1


@EACH_SEQUENTIAL
def test_snapshot_does_not_change_when_the_detector_goes_on(name: str) -> None:
    detector = sequential(name)
    detector.update(VALUES[:100])
    snapshot = detector.snapshot()
    again = sequential(name)
    again.restore(snapshot)
    before = repr(snapshot)
    detector.update(VALUES[100:])
    again.update(VALUES[100:])
    assert repr(snapshot) == before


@EACH_OUTCOME
@given(CUTS)
def test_outcomes_cut_and_merged_anywhere_are_the_same(name: str, cuts: list[int]) -> None:
    whole, merged = counted(name, slice(300)), OUTCOMES[name]()
    for part in reversed(parts_of(cuts)):
        merged.merge(counted(name, part))
    assert merged.snapshot() == whole.snapshot() == counted(name, *parts_of(cuts)).snapshot()


@EACH_OUTCOME
@given(st.integers(0, 300), st.integers(0, 300))
def test_outcomes_merge_in_any_grouping(name: str, one: int, other: int) -> None:
    a, b, c = parts_of(sorted([one, other]))
    left, right = counted(name, a), counted(name, b)
    left.merge(counted(name, b))
    left.merge(counted(name, c))
    right.merge(counted(name, c))
    right.merge(counted(name, a))
    assert left.snapshot() == right.snapshot()


@EACH_OUTCOME
@given(st.integers(0, 300))
def test_restored_outcomes_go_on_as_if_never_stopped(name: str, cut: int) -> None:
    again = OUTCOMES[name]()
    again.restore(counted(name, slice(cut)).snapshot())
    again.update(VALUES[cut:], LABELS[cut:])
    assert again.snapshot() == counted(name, slice(300)).snapshot()


@pytest.mark.parametrize("name", [*SEQUENTIAL, *OUTCOMES])
def test_other_version_is_refused(name: str) -> None:
    detector: Any = {**SEQUENTIAL, **OUTCOMES}[name]()
    with pytest.raises(ValueError, match="expected a snapshot of version 1"):
        detector.restore({**detector.snapshot(), "version": 2})
