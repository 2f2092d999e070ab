from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conf.experiments.weights_at import weights_at
from tests.support.experiments import experiment
from udfs.experiments.split import layer_intervals, variant_intervals

POINTS = np.random.default_rng(7).integers(0, 2**64, 20_000, np.uint64)


def owners(weights: dict[str, float], points: np.ndarray = POINTS, **given: object) -> np.ndarray:
    made = experiment(weights, **given)
    names = np.array(list(weights))
    return names[variant_intervals(made, weights_at(made)).owners_of(points)]


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=6).filter(lambda parts: sum(parts) > 0))
def test_each_variant_owns_its_share_of_all_points(parts: list[int]) -> None:
    total = sum(parts)
    hundredths = [part * 10_000 // total for part in parts]
    hundredths[0] += 10_000 - sum(hundredths)
    made = experiment({f"v{place}": part / 100 for place, part in enumerate(hundredths)})
    found = variant_intervals(made, weights_at(made))
    bounds = [0, *found.ends.tolist(), 2**64]
    for owner, begin, end in zip(found.owners.tolist(), bounds, bounds[1:], strict=False):
        assert abs(Fraction(end - begin, 2**64) - Fraction(hundredths[owner], 10_000)) <= Fraction(2, 2**64)
    assert sorted(found.owners.tolist()) == [place for place, part in enumerate(hundredths) if part]


def test_first_and_last_points_belong_to_somebody() -> None:
    ends = np.array([0, 2**64 - 1], np.uint64)
    assert set(owners({"a": 99.99, "b": 0.01}, ends)) == {"a", "b"}


@pytest.mark.parametrize("grown", ["b", "c"])
@given(start=st.integers(0, 40), step=st.integers(1, 20))
def test_growing_one_arm_of_three_moves_units_from_the_default_to_it_alone(grown: str, start: int, step: int) -> None:
    before = {"a": 70.0 - start, "b": 30.0, "c": 0.0 + start}
    after = {**before, "a": before["a"] - step, grown: before[grown] + step}
    old, new = owners(before), owners(after)
    moved = old != new
    assert moved.any()
    assert set(old[moved]) == {"a"}
    assert set(new[moved]) == {grown}


def test_last_arm_of_many_grows_alone() -> None:
    old = owners({"a": 60, "b": 10, "c": 10, "d": 10, "e": 10})
    new = owners({"a": 50, "b": 10, "c": 10, "d": 10, "e": 20})
    moved = old != new
    assert set(zip(old[moved], new[moved], strict=True)) == {("a", "e")}


def test_arm_that_is_switched_off_keeps_its_interval() -> None:
    on = owners({"a": 50, "b": 25, "c": 25})
    off = owners({"a": 50, "b": 25, "c": 25}, off=("b",))
    assert (on == off).all()


def test_arm_that_is_switched_off_has_none_beside_weights_of_100() -> None:
    assert set(owners({"a": 50, "b": 25, "c": 50}, off=("b",))) == {"a", "c"}


@given(
    weights=st.lists(st.integers(0, 50), min_size=1, max_size=5).filter(lambda parts: parts[0] > 0),
    steps=st.lists(st.integers(1, 10_000), min_size=2, max_size=6, unique=True),
    place=st.integers(0, 5),
)
def test_steps_of_a_ramp_move_units_to_the_grown_variant_alone(
    weights: list[int], steps: list[int], place: int
) -> None:
    named = [(f"v{number}", weight) for number, weight in enumerate(weights)]
    named.insert(place, ("new", 0))
    ramp = {"variant": "new", "steps": [step / 100 for step in sorted(steps)]}
    made = experiment(dict(named), default_variant="v0", ramp=ramp)
    names = np.array([name for name, _ in named])
    found = [names[variant_intervals(made, weights_at(made, step)).owners_of(POINTS)] for step in range(len(steps))]
    for old, new in pairwise(found):
        moved = old != new
        assert set(new[moved]) <= {"new"}
    for step, at in enumerate(found):
        for name, share in weights_at(made, step).items():
            assert abs(np.mean(at == name) - float(share) / 100) < 0.02


def test_a_ramp_of_two_variants_has_the_intervals_of_weights_written_by_hand() -> None:
    made = experiment({"old": 1, "new": 0}, ramp={})
    for step, weight in enumerate((1, 5, 10, 25, 50, 100)):
        found = variant_intervals(made, weights_at(made, step)).owners_of(POINTS)
        assert (np.array(["old", "new"])[found] == owners({"old": 100 - weight, "new": weight})).all()


def test_layer_leaves_what_no_experiment_takes() -> None:
    layer = [experiment({"a": 100}, name=name, layer="l", traffic=traffic) for name, traffic in (("x", 30), ("y", 50))]
    found = layer_intervals(layer).owners_of(POINTS)
    shares = {owner: float(np.mean(found == owner)) for owner in (-1, 0, 1)}
    assert shares == pytest.approx({-1: 0.2, 0: 0.3, 1: 0.5}, abs=0.02)
