from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import StandardScaler

from state.learning.scaler import RunningScaler, ScalerSettings
from tests.state.learning.cuts import CUTS, batches

RNG = np.random.default_rng(0)
ROWS = RNG.normal([5, -100, 0.1], [1, 30, 0.001], (300, 3))
ROWS[RNG.random((300, 3)) < 0.1] = np.nan
LEARNT = RNG.random(300) < 0.9


def scaler(features: int = 3, **settings: float) -> RunningScaler:
    return RunningScaler(features, ScalerSettings(**settings))


def test_each_row_is_scikit_learns_by_the_rows_before_it() -> None:
    found = scaler(clip=1e9).transform_learn(ROWS)
    for row in range(50, 300):
        golden = StandardScaler().fit(ROWS[:row]).transform(ROWS[row : row + 1])[0]
        assert found[row] == pytest.approx(np.nan_to_num(golden), abs=1e-6)


def test_rows_are_served_as_the_next_one_is_learnt() -> None:
    known = scaler()
    known.transform_learn(ROWS[:200])
    served = known.transform(ROWS[200:201])
    assert served.tobytes() == known.transform_learn(ROWS[200:201]).tobytes()


@given(st.sampled_from([0.9, 0.999, 1.0]), CUTS)
def test_cutting_the_stream_and_restoring_changes_no_bit(fading: float, cuts: list[int]) -> None:
    whole, parts = scaler(fading=fading), scaler(fading=fading)
    golden = whole.transform_learn(ROWS, LEARNT)
    found = []
    for batch in batches(cuts):
        found.append(parts.transform_learn(ROWS[batch], LEARNT[batch]))
        again = scaler(fading=fading)
        again.restore(parts.to_bytes())
        parts = again
    assert np.concatenate(found).tobytes() == golden.tobytes()
    assert parts.to_bytes() == whole.to_bytes()


def test_rows_not_learnt_are_standardised_and_change_nothing() -> None:
    known = scaler()
    known.transform_learn(ROWS)
    before = known.to_bytes()
    found = known.transform_learn(ROWS[:5], np.zeros(5, np.bool_))
    assert known.to_bytes() == before
    assert found.tobytes() == known.transform(ROWS[:5]).tobytes()


@pytest.mark.parametrize("value", [0.1, 1e12, -7.0], ids=str)
def test_a_constant_feature_is_0(value: float) -> None:
    known = scaler(1)
    assert known.transform_learn(np.full((1000, 1), value)).any() == np.False_
    assert known.transform(np.array([[value + 1]])).tolist() == [[0.0]]


def test_a_missing_feature_is_0_and_an_outlier_at_the_clip() -> None:
    known = scaler(1, clip=3)
    known.transform_learn(np.array([[0.0], [2.0]]))
    before = known.to_bytes()
    found = known.transform_learn(np.array([[np.nan], [-np.inf]]))
    assert found.tolist() == [[0.0], [-3.0]]
    assert known.transform(np.array([[1e300], [1.5]])).tolist() == [[3.0], [0.5]]
    assert known.scaling().means.tolist() == [1.0]
    assert known.to_bytes() != before  # rows were counted, if not their values


def test_fading_follows_a_feature_that_moves() -> None:
    noise = np.random.default_rng(1).normal(size=(2000, 1))
    moved = np.repeat([0.0, 50.0], 1000)[:, np.newaxis] + noise
    latest = scaler(1, fading=0.99).transform_learn(moved)[1800:]
    assert abs(latest.mean()) < 0.3
    assert latest.std() == pytest.approx(1, abs=0.2)
    assert scaler(1).transform_learn(moved)[1800:].mean() > 1


def test_export_gives_what_transform_gives() -> None:
    known = scaler(4)
    known.transform_learn(np.column_stack([ROWS, np.full(300, np.nan)]))
    scaling = known.scaling()
    rows = np.column_stack([np.nan_to_num(ROWS[:9]), np.ones(9)])
    golden = np.clip((rows - scaling.means) * scaling.factors, -scaling.clip, scaling.clip)
    assert np.isfinite(scaling.means).all()
    assert known.transform(rows).tobytes() == golden.tobytes()


def test_merged_scalers_know_all_rows() -> None:
    first, second, whole = scaler(), scaler(), scaler()
    first.transform_learn(ROWS[:100])
    second.transform_learn(ROWS[100:])
    first.merge(second)
    whole.transform_learn(ROWS)
    assert first.transform(ROWS) == pytest.approx(whole.transform(ROWS), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(
    ("settings", "got"), [({"fading": 0.0}, "0.0 and 10.0"), ({"clip": 0.0}, "1.0 and 0.0")], ids=["fading", "clip"]
)
def test_setting_out_of_range_is_refused(settings: dict[str, float], got: str) -> None:
    with pytest.raises(ValueError, match=f"scaler: expected fading over 0 to 1 and clip over 0, got {got}; the def"):
        ScalerSettings(**settings)
