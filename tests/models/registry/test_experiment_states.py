"""States of experiments in the deployments of a model."""

from __future__ import annotations

import datetime as dt
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from models.errors import ModelError
from models.registry import Deployment, Deployments, ExperimentState, Registry
from models.spec import ModelSpec
from tests.models.registry.places import overwrite, publish

AT = dt.datetime(2026, 3, 1, 12, tzinfo=dt.timezone.utc)


def state(new: float, step: int = 0, **given: str) -> ExperimentState:
    return ExperimentState.model_validate(
        {"weights": {"old": 100 - new, "new": new}, "step": step, "since": AT, **given}
    )


def states(deployment: Deployment | None) -> dict[str, tuple[float, int, str]]:
    assert deployment is not None
    found = deployment.experiments.items()
    return {name: (each.weights["new"], each.step, each.state) for name, each in found}


@pytest.fixture
def fraud(registry: Registry, net_spec: ModelSpec, net_file: Path) -> Registry:
    """Three versions, the first of which serves."""
    publish(registry, net_spec, net_file, "1", "2", "3")
    registry.deployments("fraud").promote("1")
    return registry


@pytest.fixture
def deployments(fraud: Registry) -> Deployments:
    return fraud.deployments("fraud")


def test_weights_change_beside_a_primary_that_stays(deployments: Deployments) -> None:
    deployments.promote("2")
    done = deployments.set_experiment("e", state(5, 1), action="advance", by="job", why="no harm seen")
    assert done is not None
    assert (done.generation, done.primary, done.previous, done.action) == (3, "2.0.0", "1.0.0", "advance")
    assert (done.experiment, done.by, done.why, done.chosen_in) == ("e", "job", "no harm seen", 2)
    assert done == deployments.latest()
    assert states(done) == {"e": (5, 1, "running")}


def test_later_generations_carry_experiments_forward(deployments: Deployments) -> None:
    deployments.set_experiment("e", state(5), action="advance")
    deployments.set_experiment("f", state(1), action="advance")
    deployments.set_experiment("e", state(10, 1), action="advance")
    both = {"e": (10, 1, "running"), "f": (1, 0, "running")}
    assert states(deployments.latest()) == both
    assert states(deployments.promote("3")) == both
    back = deployments.rollback()
    assert (back.primary, states(back)) == ("1.0.0", both)


def test_an_experiment_ends_with_the_promotion_of_its_winner(deployments: Deployments) -> None:
    deployments.set_experiment("e", state(50), action="advance")
    done = deployments.set_experiment("e", state(100, 1, state="promoted"), action="end", primary="v2")
    assert done is not None
    assert (done.action, done.primary, done.previous, done.chosen_in) == ("promote", "2.0.0", "1.0.0", 3)
    assert states(done) == {"e": (100, 1, "promoted")}
    assert deployments.rollback().primary == "1.0.0"


def test_an_experiment_ends_without_a_promotion(deployments: Deployments) -> None:
    done = deployments.set_experiment("e", state(0, 1, state="rolled_back"), action="end")
    assert done is not None
    assert (done.action, done.primary, states(done)) == ("end", "1.0.0", {"e": (0, 1, "rolled_back")})


def test_of_two_writers_who_decided_on_one_generation_the_second_does_nothing(deployments: Deployments) -> None:
    assert deployments.set_experiment("e", state(5), action="advance", expected_generation=1) is not None
    assert deployments.set_experiment("e", state(9), action="advance", expected_generation=1) is None
    assert deployments.set_experiment("e", state(9), action="advance", expected_generation=0) is None
    assert [each.generation for each in deployments.history()] == [1, 2]
    assert deployments.set_experiment("e", state(9, 1), action="advance", expected_generation=2) is not None


def test_changes_of_others_do_not_overtake_a_writer(deployments: Deployments) -> None:
    deployments.set_experiment("e", state(5), action="advance")
    deployments.promote("2")
    deployments.set_experiment("f", state(50), action="advance")
    done = deployments.set_experiment("e", state(10, 1), action="advance", expected_generation=2)
    assert done is not None
    assert (done.generation, done.primary) == (5, "2.0.0")


def test_of_many_writers_in_threads_exactly_one_wins(fraud: Registry) -> None:
    def advance(place: int) -> Deployment | None:
        writer = fraud.deployments("fraud")
        return writer.set_experiment("e", state(5), action="advance", why=str(place), expected_generation=1)

    with ThreadPoolExecutor(8) as pool:
        won = [each for each in pool.map(advance, range(16)) if each is not None]
    assert [each.generation for each in won] == [2]
    assert fraud.deployments("fraud").latest() == won[0]


def test_of_writers_of_several_experiments_none_loses_its_state(fraud: Registry) -> None:
    def advance(place: int) -> Deployment | None:
        return fraud.deployments("fraud").set_experiment(f"e{place}", state(place), action="advance")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(advance, range(8)))
    assert states(fraud.deployments("fraud").latest()) == {f"e{place}": (place, 0, "running") for place in range(8)}


def test_model_that_was_never_promoted_needs_a_primary(registry: Registry, net_spec: ModelSpec, net_file: Path) -> None:
    publish(registry, net_spec, net_file, "1")
    deployments = registry.deployments("fraud")
    with pytest.raises(
        ModelError, match="experiment e cannot change: model fraud was never promoted; promote a version"
    ):
        deployments.set_experiment("e", state(5), action="advance")
    done = deployments.set_experiment("e", state(5), action="advance", expected_generation=0, primary="1")
    assert done is not None
    assert (done.generation, done.primary, done.action) == (1, "1.0.0", "promote")


@pytest.mark.parametrize(
    ("weights", "total"),
    [({"old": 50, "new": 49}, "99"), ({"old": 101, "new": -1}, "100"), ({"old": float("nan")}, "nan"), ({}, "0")],
    ids=["sum", "negative", "nan", "none"],
)
def test_weights_that_do_not_share_out_all_units_are_refused(
    deployments: Deployments, weights: dict[str, float], total: str
) -> None:
    wrong = ExperimentState(weights=weights, since=AT)
    text = (
        rf"experiment e of model fraud has no such weights: expected some >= 0 that sum to 100, got a sum of {total}$"
    )
    with pytest.raises(ModelError, match=text):
        deployments.set_experiment("e", wrong, action="advance")


def test_thirds_are_whole() -> None:
    assert ExperimentState(weights=dict.fromkeys("abc", 100 / 3), since=AT).is_whole


def test_generation_that_is_not_there_is_refused(deployments: Deployments) -> None:
    with pytest.raises(ModelError, match="model fraud has no generation 7; name one of its history"):
        deployments.set_experiment("e", state(5), action="advance", expected_generation=7)


def test_deployments_of_before_have_no_experiments(fraud: Registry) -> None:
    text = json.dumps({"generation": 2, "primary": "2.0.0", "previous": "1.0.0", "at": AT.isoformat()})
    overwrite(fraud, "fraud/deployments/2.json", text.encode())
    found = fraud.deployments("fraud").latest()
    assert found is not None
    assert (found.experiments, found.chosen_in) == ({}, 2)
    assert fraud.deployments("fraud").promote("3").experiments == {}


def test_rollback_passes_over_what_was_refused_before_its_experiment_changed(fraud: Registry) -> None:
    deployments = fraud.deployments("fraud")
    deployments.promote("2")
    fraud.record("fraud", "2", "rejected", generation=2)
    deployments.set_experiment("e", state(5), action="advance")
    # A version that never came to serve is not what a rollback goes to.
    assert deployments.promote("3").previous == "1.0.0"
    assert deployments.rollback().primary == "1.0.0"
