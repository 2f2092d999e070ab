"""Weights of an experiment at each step of its ramp."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conf.experiments.ab_testing import ExperimentSettings
from conf.experiments.registry_weights import has_registry_weights
from conf.experiments.weights_at import weights_at
from conf.settings import MlSettings
from tests.support.experiments import experiment

FILE = {"name": "old", "version": "v1", "type": "onnx", "path": "m.onnx"}


def percent(tested: ExperimentSettings, step: int = 0) -> dict[str, float]:
    return {name: float(share) for name, share in weights_at(tested, step).items()}


def test_default_steps_grow_the_one_new_variant() -> None:
    tested = experiment({"old": 1, "new": 0}, ramp={})
    assert [percent(tested, step)["new"] for step in range(6)] == [1, 5, 10, 25, 50, 100]
    assert [percent(tested, step)["old"] for step in range(6)] == [99, 95, 90, 75, 50, 0]


def test_other_variants_share_the_rest_in_proportion() -> None:
    tested = experiment({"old": 30, "new": 0, "kept": 10}, ramp={"variant": "new", "steps": [20, 60]})
    assert percent(tested) == {"old": 60, "new": 20, "kept": 20}
    assert percent(tested, 1) == {"old": 30, "new": 60, "kept": 10}


def test_variant_that_is_switched_off_takes_no_part_in_the_rest() -> None:
    tested = experiment({"old": 30, "new": 0, "off": 10}, ramp={"variant": "new", "steps": [20]}, off=("off",))
    assert percent(tested) == {"old": 80, "new": 20, "off": 0}


def test_variant_that_grows_keeps_its_weight_when_it_is_switched_off() -> None:
    tested = experiment({"old": 1, "new": 0}, ramp={"steps": [20]}, off=("new",))
    assert percent(tested) == {"old": 80, "new": 20}


def test_default_variant_need_not_be_the_first() -> None:
    tested = experiment({"new": 0, "old": 1}, ramp={"steps": [20]}, default_variant="old")
    assert percent(tested) == {"new": 20, "old": 80}


@given(
    weights=st.lists(st.integers(0, 50), min_size=1, max_size=5).filter(any),
    steps=st.lists(st.integers(1, 10_000), min_size=1, max_size=5, unique=True),
)
def test_weights_sum_to_exactly_100_at_each_step(weights: list[int], steps: list[int]) -> None:
    named = {f"v{place}": weight for place, weight in enumerate(weights)}
    ramp = {"variant": "new", "steps": [step / 100 for step in sorted(steps)]}
    tested = experiment({**named, "new": 0}, ramp=ramp)
    for place, step in enumerate(sorted(steps)):
        found = weights_at(tested, place)
        assert sum(found.values()) == 100
        assert found["new"] == Fraction(step, 100)


def test_without_a_ramp_the_weights_stay() -> None:
    assert percent(experiment({"a": 70, "b": 30})) == {"a": 70, "b": 30}


@pytest.mark.parametrize(
    ("given", "step", "text"),
    [
        ({}, 1, "experiment test has no ramp, so it has no step 1"),
        ({"ramp": {"steps": [5, 50]}}, 2, "the ramp of experiment test has steps 0 to 1, but no step 2"),
        ({"ramp": {"steps": [5, 50]}}, -1, "the ramp of experiment test has steps 0 to 1, but no step -1"),
    ],
    ids=["no ramp", "behind the last", "before the first"],
)
def test_step_that_is_not_there_is_refused(given: dict[str, Any], step: int, text: str) -> None:
    with pytest.raises(IndexError, match=f"^{text}$"):
        weights_at(experiment({"a": 100, "b": 0}, **given), step)


@pytest.mark.parametrize(
    ("models", "version", "expected"),
    [
        ([], "", True),
        ([], "v1", True),
        ([FILE], "", False),
        ([FILE], "v1", False),
        ([FILE], "v2", True),
        ([{**FILE, "path": None}], "", True),
        ([{**FILE, "name": "other"}], "", True),
    ],
    ids=["primary", "version", "file", "version of a file", "version beside a file", "listed", "other model"],
)
def test_weights_are_in_the_registry_where_the_default_variant_is(
    models: list[dict[str, Any]], version: str, expected: bool
) -> None:
    variants = [{"name": "old", "model_name": "old", "model_version": version, "weight": 100}]
    tested = experiment({"old": 100}, variants=variants)
    assert has_registry_weights(MlSettings.model_validate({"models": models}), tested) is expected
