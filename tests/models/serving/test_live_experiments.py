"""A live model beside experiments, whose changes are deployments that keep the primary."""

from __future__ import annotations

import threading

from models.errors import ModelError
from models.serving.live import LiveModel, SwapOptions
from tests.models.serving.fakes import FakeVersions, Heard, Make, serving, wait_for

BAD = ModelError("model fraud@2.0.0", "wants (n, 3), got (4, 2)")


def test_a_change_of_an_experiment_loads_and_swaps_nothing(make: Make, versions: FakeVersions, heard: Heard) -> None:
    live = make()
    versions.change_experiment()
    live.poll()
    assert (serving(live), live.generation) == ("1.0.0", 2)
    assert heard.events == [("loaded", "1.0.0")]


def test_a_change_of_an_experiment_waits_for_the_version_that_is_loading(make: Make, versions: FakeVersions) -> None:
    live = make()
    gate = versions.gates["2.0.0"] = threading.Event()
    versions.promote("2.0.0")
    live.poll()
    versions.change_experiment()
    live.poll()
    gate.set()
    wait_for(lambda: serving(live) == "2.0.0")
    live.poll()
    assert live.generation == 3
    assert [model.spec.version for model in versions.opened] == ["1.0.0", "2.0.0"]


def test_a_change_of_an_experiment_does_not_bring_back_what_was_rejected(make: Make, versions: FakeVersions) -> None:
    live = make()
    versions.errors["2.0.0"] = BAD
    versions.promote("2.0.0")
    live.poll()
    wait_for(lambda: bool(versions.rejections))
    versions.change_experiment()
    live.poll()
    assert (serving(live), live.generation) == ("1.0.0", 3)
    assert [(version, generation) for version, generation, _ in versions.rejections] == [("2.0.0", 2)]


def test_a_rejection_names_the_generation_that_chose_the_version(versions: FakeVersions, heard: Heard) -> None:
    versions.promote("2.0.0")
    versions.errors["2.0.0"] = BAD
    versions.change_experiment()
    live = LiveModel(versions, SwapOptions(), heard)
    assert (serving(live), live.generation) == ("1.0.0", 3)
    assert [(version, generation) for version, generation, _ in versions.rejections] == [("2.0.0", 2)]
    live.close()


def test_a_rollback_and_a_change_of_an_experiment_at_once_leave_no_rolled_back_fallback(
    make: Make, versions: FakeVersions
) -> None:
    live = make()
    versions.promote("2.0.0")
    live.poll()
    wait_for(lambda: serving(live) == "2.0.0")
    versions.promote("1.0.0", "rollback")
    versions.deployments[-1] = versions.deployments[-1].model_copy(update={"previous": None})
    versions.change_experiment()
    live.poll()
    assert serving(live) == "1.0.0"
    with live.lease_fallback() as fallback:
        assert fallback is None
