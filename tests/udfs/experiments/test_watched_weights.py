"""Weights of experiments while deployments change them."""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import pytest

from conf.settings import MlSettings
from models.errors import ModelError
from models.experiments.weights import weights_of
from models.registry import Deployment, ExperimentState, RegistryError, local_registry
from tests.support.experiments import experiment
from udfs.experiments.watched_weights import WATCHED, WatchedWeights, WeightPool, open_weights
from udfs.experiments.weights import FixedWeights

AT = dt.datetime(2026, 3, 1, 12, tzinfo=dt.timezone.utc)
DOWN = RegistryError("s3://b", "read", "connection refused", "check the network")
TESTED = experiment({"old": 1, "new": 0}, ramp={"steps": [10, 50]})
BESIDE = experiment({"old": 60, "new": 40}, name="beside")


def state(step: int = 0, **weights: float) -> ExperimentState:
    return ExperimentState(weights=weights, step=step, since=AT)


@dataclass
class FakeDeployments:
    """Deployments in memory, which may be out of reach."""

    made: list[Deployment] = field(default_factory=list)
    outage: Exception | None = None

    def set(self, **states: ExperimentState) -> None:
        self.made.append(Deployment(generation=len(self.made) + 1, primary="1.0.0", experiments=states, at=AT))

    def latest(self) -> Deployment | None:
        return self.after(0)

    def after(self, generation: int) -> Deployment | None:
        if self.outage is not None:
            raise self.outage
        return self.made[-1] if len(self.made) > generation else None


@pytest.fixture
def deployed() -> FakeDeployments:
    return FakeDeployments()


@pytest.fixture
def watched(deployed: FakeDeployments) -> WatchedWeights:
    return WatchedWeights([TESTED, BESIDE], {"test": deployed}, 0.001)


def percent(weights: WatchedWeights, name: str = "test") -> dict[str, float]:
    return {variant: float(share) for variant, share in weights.present[name].shares.items()}


def events(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.fields["event"] for record in caplog.records]


def test_weights_of_a_restored_backup_are_followed(deployed: FakeDeployments, watched: WatchedWeights) -> None:
    for new in (10, 50):
        deployed.set(test=state(old=100 - new, new=new))
    watched.poll()
    fifty = watched.present["test"]
    del deployed.made[1:]
    for _ in range(15):
        watched.poll()
    assert watched.present["test"] == weights_of(TESTED, state(old=90, new=10)) != fifty


def test_before_the_first_change_the_settings_count(watched: WatchedWeights) -> None:
    assert (percent(watched), percent(watched, "beside")) == ({"old": 90, "new": 10}, {"old": 60, "new": 40})


def test_weights_of_the_registry_win_over_those_of_the_settings(deployed: FakeDeployments) -> None:
    deployed.set(test=state(1, old=50, new=50))
    watched = WatchedWeights([TESTED, BESIDE], {"test": deployed}, 0.001)
    assert (percent(watched), watched.present["test"].step) == ({"old": 50, "new": 50}, 1)


def test_a_change_makes_a_new_object_and_nothing_else_does(
    watched: WatchedWeights, deployed: FakeDeployments, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "gress.experiments")
    first = watched.present
    deployed.set()
    watched.poll()
    assert watched.present is first
    deployed.set(test=state(1, old=50, new=50))
    watched.poll()
    second = watched.present
    assert (percent(watched), percent(watched, "beside")) == ({"old": 50, "new": 50}, {"old": 60, "new": 40})
    assert float(first["test"].shares["new"]) == 10
    deployed.set(test=state(1, old=50, new=50), other=state(0, a=100))
    watched.poll()
    assert watched.present is second
    assert [record.getMessage() for record in caplog.records] == [
        "experiment test has weights {'old': 50.0, 'new': 50.0}, by generation 2"
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        state(old=50, mew=50),
        state(old=50, new=49),
        state(old=110, new=-10),
        state(old=float("nan"), new=50),
        state(),
    ],
    ids=["unknown variant", "sum", "negative", "nan", "none"],
)
def test_weights_that_do_not_fit_are_ignored_with_one_line(
    watched: WatchedWeights, deployed: FakeDeployments, caplog: pytest.LogCaptureFixture, wrong: ExperimentState
) -> None:
    before = watched.present
    for _ in range(3):
        deployed.set(test=wrong.model_copy())
        watched.poll()
    assert watched.present is before
    assert events(caplog) == ["weights_ignored"]
    assert "must name its variants and sum to 100" in caplog.text
    deployed.set(test=state(old=50, new=50))
    watched.poll()
    assert percent(watched) == {"old": 50, "new": 50}


def test_variant_that_a_state_does_not_name_gets_no_units() -> None:
    found = weights_of(experiment({"old": 50, "new": 25, "later": 25}), state(old=40, new=60))
    assert found is not None
    assert found.shares == {"old": 40, "new": 60, "later": 0}


def test_thirds_of_floats_are_shared_out_in_full() -> None:
    found = weights_of(experiment({"a": 100, "b": 0, "c": 0}), state(a=100 / 3, b=100 / 3, c=100 / 3))
    assert found is not None
    assert found.shares == dict.fromkeys("abc", Fraction(100, 3))


def test_weights_stay_while_the_registry_does_not_answer(
    watched: WatchedWeights, deployed: FakeDeployments, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "gress.experiments")
    deployed.set(test=state(1, old=50, new=50))
    watched.poll()
    deployed.outage = DOWN
    for _ in range(3):
        watched.poll()
    assert percent(watched) == {"old": 50, "new": 50}
    deployed.outage = None
    deployed.set(test=state(2, old=0, new=100))
    watched.poll()
    assert percent(watched) == {"old": 0, "new": 100}
    assert events(caplog) == [
        "weights_changed",
        "experiment_registry_failed",
        "weights_changed",
        "experiment_registry_back",
    ]


def test_registry_that_does_not_answer_at_the_start_is_an_error(deployed: FakeDeployments) -> None:
    deployed.outage = DOWN
    with pytest.raises(ModelError, match="connection refused"):
        WatchedWeights([TESTED], {"test": deployed}, 0.001)


def test_the_watcher_survives_what_nobody_expected(
    watched: WatchedWeights, deployed: FakeDeployments, caplog: pytest.LogCaptureFixture
) -> None:
    deployed.outage = ValueError("odd")
    watched.start()
    wait_for(lambda: "experiment_registry_failed" in events(caplog))
    assert "experiments cannot be watched: ValueError: odd" in caplog.text
    deployed.outage = None
    deployed.set(test=state(1, old=50, new=50))
    wait_for(lambda: percent(watched) == {"old": 50, "new": 50})
    watched.close()


def test_operators_of_a_process_share_one_watcher(deployed: FakeDeployments) -> None:
    pool, made = WeightPool(), []

    def make() -> WatchedWeights:
        made.append(WatchedWeights([TESTED], {"test": deployed}, 0.001))
        return made[-1]

    one, two, other = pool.acquire("k", make), pool.acquire("k", make), pool.acquire("l", make)
    assert len(made) == 2
    assert one.present is two.present
    deployed.set(test=state(1, old=50, new=50))
    wait_for(lambda: float(one.present["test"].shares["new"]) == 50)
    one.close()
    one.close()
    again = pool.acquire("k", make)
    assert again.present is two.present
    assert len(made) == 2
    for held in (two, other, again):
        held.close()


def test_the_last_operator_ends_the_watcher(deployed: FakeDeployments) -> None:
    pool, before = WeightPool(), set(threading.enumerate())
    held = pool.acquire("k", lambda: WatchedWeights([TESTED], {"test": deployed}, 0.001))
    (watcher,) = set(threading.enumerate()) - before
    held.close()
    wait_for(lambda: not watcher.is_alive())


@pytest.fixture
def ml(tmp_path: Path) -> Iterator[Callable[..., MlSettings]]:
    local_registry(tmp_path / "registry").store.prepare()
    registry = {"base_path": str(tmp_path / "registry"), "watch_interval": "10ms"}
    yield lambda **given: MlSettings.model_validate({"model_registry": registry, **given})
    assert WATCHED._open == {}


def test_experiments_of_a_registry_are_watched(tmp_path: Path, ml: Callable[..., MlSettings]) -> None:
    source = open_weights(ml(), [TESTED])
    deployments = local_registry(tmp_path / "registry").deployments("old")
    deployments.set_experiment("test", state(1, old=50, new=50), action="advance", primary="1.0.0")
    wait_for(lambda: float(source.present["test"].shares["new"]) == 50)
    source.close()


def test_experiment_of_a_file_keeps_its_weights(ml: Callable[..., MlSettings]) -> None:
    file = {"name": "old", "version": "v1", "type": "onnx", "path": "m.onnx"}
    assert isinstance(open_weights(ml(models=[file]), [BESIDE]), FixedWeights)


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "it did not happen within 10 s"
        time.sleep(0.002)
