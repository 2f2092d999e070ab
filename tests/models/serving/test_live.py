from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from models.errors import ModelError
from models.registry import RegistryError
from models.scoring.inputs import Inputs
from models.scoring.outputs import Scores
from models.serving.live import LiveModel, SwapOptions
from tests.models.serving.fakes import FakeVersions, Heard, Make, serving, wait_for

ROWS = np.arange(8, dtype=np.float32).reshape(4, 2)
BAD = ModelError("model fraud@2.0.0", "wants (n, 3), got (4, 2)")
DOWN = RegistryError("s3://b", "read", "connection refused", "check the network")


def take_up(live: LiveModel, version: str) -> None:
    live.poll()
    wait_for(lambda: serving(live) == version)


def test_before_the_first_deployment_the_highest_release_serves(heard: Heard) -> None:
    live = LiveModel(FakeVersions(), SwapOptions(), heard)
    assert (serving(live), live.generation) == ("9.0.0", 0)
    live.close()


def test_the_deployed_primary_serves_and_is_warm(make: Make, versions: FakeVersions) -> None:
    live = make()
    assert (serving(live), live.generation) == ("1.0.0", 1)
    assert versions.opened[0].warm == 1


def test_a_deployment_is_taken_up_and_the_version_before_stays_open(
    make: Make, versions: FakeVersions, heard: Heard
) -> None:
    live = make()
    versions.promote("2.0.0")
    assert serving(live) == "1.0.0"
    take_up(live, "2.0.0")
    assert live.generation == 2
    assert versions.opened[0].closed == 0
    assert heard.of("swapped") == [("swapped", "1.0.0", "2.0.0", 2)]


def test_a_rollback_loads_nothing(make: Make, versions: FakeVersions, heard: Heard) -> None:
    live = make()
    versions.promote("2.0.0")
    take_up(live, "2.0.0")
    versions.promote("1.0.0", "rollback")
    live.poll()
    assert serving(live) == "1.0.0"
    assert len(versions.opened) == 2
    assert heard.of("rolled_back") == [("rolled_back", "2.0.0", "1.0.0", 3)]


def test_a_batch_keeps_its_model_to_the_end(make: Make, versions: FakeVersions) -> None:
    live = make(max_loaded=1)
    with live.lease() as model:
        versions.promote("2.0.0")
        take_up(live, "2.0.0")
        assert model.predict(Inputs(ROWS)).prediction.tolist() == [1.0] * 4
        assert versions.opened[0].closed == 0
    assert versions.opened[0].closed == 1


@pytest.mark.parametrize("error", [BAD, RuntimeError("the runtime broke")], ids=["refused", "broken"])
def test_a_version_that_does_not_load_is_rejected_and_the_old_one_serves_on(
    make: Make, versions: FakeVersions, heard: Heard, error: Exception
) -> None:
    live = make()
    versions.errors["2.0.0"] = error
    versions.promote("2.0.0")
    live.poll()
    wait_for(lambda: live.generation == 2 and bool(versions.rejections))
    assert serving(live) == "1.0.0"
    assert versions.rejections == [("2.0.0", 2, str(error))]
    assert heard.of("rejected") == [("rejected", "2.0.0", 2, str(error))]
    live.poll()
    assert len(versions.rejections) == 1


def test_a_version_whose_scores_are_nan_for_rows_scored_lately_is_rejected(make: Make, versions: FakeVersions) -> None:
    live = make()
    live.observe(Inputs(ROWS), Scores(np.ones(4), None, None))
    versions.nan.add("2.0.0")
    versions.promote("2.0.0")
    live.poll()
    wait_for(lambda: bool(versions.rejections))
    assert "expected finite scores for rows scored lately, got 4 of 4 rows NaN" in versions.rejections[0][2]
    assert serving(live) == "1.0.0"
    assert versions.opened[1].closed == 1


def test_rows_that_have_no_score_anyway_are_no_reason_to_reject(make: Make, versions: FakeVersions) -> None:
    live = make()
    live.observe(Inputs(ROWS), Scores(np.full(4, np.nan), None, None))
    versions.nan.add("2.0.0")
    versions.promote("2.0.0")
    take_up(live, "2.0.0")


def test_a_good_version_after_a_rejected_one_is_taken_up(make: Make, versions: FakeVersions) -> None:
    live = make()
    versions.errors["2.0.0"] = BAD
    versions.promote("2.0.0")
    live.poll()
    wait_for(lambda: live.generation == 2)
    versions.promote("3.0.0")
    take_up(live, "3.0.0")


def test_batches_go_on_while_a_version_loads(make: Make, versions: FakeVersions) -> None:
    gate = versions.gates["2.0.0"] = threading.Event()
    live = make()
    versions.promote("2.0.0")
    live.poll()
    live.poll()
    assert serving(live) == "1.0.0"
    gate.set()
    wait_for(lambda: serving(live) == "2.0.0")
    assert len(versions.opened) == 2


def test_a_rollback_does_not_wait_for_a_version_that_loads(make: Make, versions: FakeVersions) -> None:
    gate = versions.gates["2.0.0"] = threading.Event()
    live = make()
    versions.promote("2.0.0")
    live.poll()
    versions.promote("1.0.0", "rollback")
    live.poll()
    assert (serving(live), live.generation) == ("1.0.0", 3)
    gate.set()
    wait_for(lambda: len(versions.opened) == 2 and versions.opened[1].closed == 1)
    assert serving(live) == "1.0.0"


def test_a_version_that_takes_too_long_is_rejected(make: Make, versions: FakeVersions, heard: Heard) -> None:
    gate = versions.gates["2.0.0"] = threading.Event()
    live = make(load_timeout_s=0.05)
    versions.promote("2.0.0")
    live.poll()
    time.sleep(0.1)
    live.poll()
    assert heard.of("rejected")[0][3] == "model fraud@2.0.0 took longer than 0.05 s to load and pass; make it smaller"
    gate.set()
    wait_for(lambda: len(versions.opened) == 2 and versions.opened[1].closed == 1)
    assert serving(live) == "1.0.0"


def test_an_outage_is_said_once_and_then_its_end(make: Make, versions: FakeVersions, heard: Heard) -> None:
    live = make()
    versions.outage = DOWN
    for _ in range(3):
        live.poll()
    assert serving(live) == "1.0.0"
    versions.outage = None
    versions.promote("2.0.0")
    take_up(live, "2.0.0")
    assert heard.of("registry_failed", "registry_back") == [("registry_failed", str(DOWN)), ("registry_back",)]


def test_an_outage_while_loading_is_no_rejection(make: Make, versions: FakeVersions, heard: Heard) -> None:
    live = make()
    versions.errors["2.0.0"] = DOWN
    versions.promote("2.0.0")
    live.poll()
    wait_for(lambda: bool(heard.of("registry_failed")))
    assert live.generation == 1
    del versions.errors["2.0.0"]
    take_up(live, "2.0.0")
    assert versions.rejections == []


def test_a_primary_that_may_not_serve_at_the_start_leaves_it_to_the_one_before(
    make: Make, versions: FakeVersions, heard: Heard
) -> None:
    versions.promote("2.0.0")
    versions.errors["2.0.0"] = BAD
    live = make()
    assert (serving(live), live.generation) == ("1.0.0", 2)
    assert [event[0] for event in heard.events] == ["rejected", "loaded"]
    assert versions.rejections == [("2.0.0", 2, str(BAD))]


def test_nothing_to_serve_at_the_start_is_an_error(versions: FakeVersions) -> None:
    versions.errors["1.0.0"] = BAD
    with pytest.raises(ModelError, match="wants"):
        LiveModel(versions)


def test_an_outage_at_the_start_is_an_error(versions: FakeVersions) -> None:
    versions.promote("2.0.0")
    versions.errors["2.0.0"] = DOWN
    with pytest.raises(RegistryError, match="cannot read: connection refused; check the network"):
        LiveModel(versions)


@pytest.mark.parametrize(("max_loaded", "still_open"), [(1, {"4.0.0"}), (2, {"3.0.0", "4.0.0"}), (9, None)])
def test_versions_kept_loaded_are_bounded(
    make: Make, versions: FakeVersions, max_loaded: int, still_open: set[str] | None
) -> None:
    live = make(max_loaded=max_loaded)
    for version in ("2.0.0", "3.0.0", "4.0.0"):
        versions.promote(version)
        take_up(live, version)
    found = {model.spec.version for model in versions.opened if not model.closed}
    assert found == (still_open or {"1.0.0", "2.0.0", "3.0.0", "4.0.0"})


def test_what_is_kept_loaded_is_bounded_in_bytes_oldest_first(make: Make, versions: FakeVersions) -> None:
    versions.sizes = {"1.0.0": 60, "2.0.0": 50, "3.0.0": 40}
    live = make(max_loaded=9, max_loaded_bytes=100)
    for version in ("2.0.0", "3.0.0", "4.0.0"):
        versions.promote(version)
        take_up(live, version)
    assert {model.spec.version for model in versions.opened if not model.closed} == {"2.0.0", "3.0.0", "4.0.0"}


def test_closing_lets_go_of_everything_once_batches_are_done(make: Make, versions: FakeVersions) -> None:
    live = make()
    versions.promote("2.0.0")
    take_up(live, "2.0.0")
    with live.lease():
        live.close()
        assert [model.closed for model in versions.opened] == [1, 0]
    assert [model.closed for model in versions.opened] == [1, 1]


def test_leases_from_many_threads_never_see_a_closed_model(make: Make, versions: FakeVersions) -> None:
    live = make(max_loaded=1)
    stop = threading.Event()
    failures: list[BaseException] = []

    def score() -> None:
        try:
            while not stop.is_set():
                with live.lease() as model:
                    model.predict(Inputs(ROWS))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=score) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(2, 60):
        versions.promote(f"{number}.0.0")
        take_up(live, f"{number}.0.0")
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sum(not model.closed for model in versions.opened) == 1


def test_the_watcher_takes_up_deployments_by_itself(make: Make, versions: FakeVersions) -> None:
    live = make(watch_interval_s=0.01)
    live.start()
    versions.promote("2.0.0")
    wait_for(lambda: serving(live) == "2.0.0")


def test_a_watcher_survives_what_it_does_not_know(make: Make, versions: FakeVersions, heard: Heard) -> None:
    live = make(watch_interval_s=0.01)
    versions.outage = ZeroDivisionError("odd")
    live.start()
    wait_for(lambda: bool(heard.of("registry_failed")))
    assert heard.events[-1][1] == "model fraud cannot be watched: ZeroDivisionError: odd"
    versions.outage = None
    versions.promote("2.0.0")
    wait_for(lambda: serving(live) == "2.0.0")


def fallback(live: LiveModel) -> str | None:
    with live.lease_fallback() as model:
        return None if model is None else model.spec.version


def test_the_version_before_is_loaded_for_rows_that_the_primary_fails_on(make: Make, versions: FakeVersions) -> None:
    versions.promote("2.0.0")
    live = make()
    assert fallback(live) is None
    live.start()
    wait_for(lambda: fallback(live) == "1.0.0")


def test_the_version_that_was_replaced_is_the_fallback(make: Make, versions: FakeVersions) -> None:
    live = make()
    versions.promote("2.0.0")
    take_up(live, "2.0.0")
    assert fallback(live) == "1.0.0"


def test_a_version_that_was_rolled_back_is_no_fallback(make: Make, versions: FakeVersions) -> None:
    live = make(max_loaded=3)
    versions.promote("2.0.0")
    take_up(live, "2.0.0")
    versions.promote("3.0.0")
    take_up(live, "3.0.0")
    versions.deployments.append(versions.deployments[0].model_copy(update={"generation": 4, "action": "rollback"}))
    versions.deployments[-1] = versions.deployments[-1].model_copy(update={"primary": "2.0.0", "previous": "1.0.0"})
    take_up(live, "2.0.0")
    wait_for(lambda: fallback(live) == "1.0.0")


def test_after_a_rollback_to_the_first_version_there_is_no_fallback(make: Make, versions: FakeVersions) -> None:
    live = make()
    versions.promote("2.0.0")
    take_up(live, "2.0.0")
    first = versions.deployments[0]
    versions.deployments.append(first.model_copy(update={"generation": 3, "action": "rollback"}))
    take_up(live, "1.0.0")
    assert fallback(live) is None


def test_a_fallback_that_does_not_load_is_said_and_no_harm(make: Make, versions: FakeVersions, heard: Heard) -> None:
    versions.promote("2.0.0")
    versions.errors["1.0.0"] = BAD
    live = make()
    live.start()
    wait_for(lambda: bool(heard.of("no_fallback")))
    assert (serving(live), fallback(live)) == ("2.0.0", None)
    assert versions.rejections == []


def test_without_room_no_fallback_is_loaded(make: Make, versions: FakeVersions) -> None:
    versions.promote("2.0.0")
    live = make(max_loaded=1)
    live.start()
    assert len(versions.opened) == 1
    assert fallback(live) is None


def test_a_registry_that_went_back_is_followed(make: Make, versions: FakeVersions, heard: Heard) -> None:
    backup = list(versions.deployments)
    live = make()
    versions.promote("2.0.0")
    live.poll()
    wait_for(lambda: serving(live) == "2.0.0")
    versions.errors["3.0.0"] = ModelError("model fraud@3.0.0", "is damaged")
    versions.promote("3.0.0")
    live.poll()
    wait_for(lambda: heard.of("rejected") != [])
    versions.deployments = backup
    for _ in range(15):
        live.poll()
    wait_for(lambda: serving(live) == "1.0.0")
    assert heard.of("registry_rewound") == [("registry_rewound", 3, 1)]
    # Generation 3 is another one now than that which was rejected.
    versions.errors.clear()
    for version in ("2.0.0", "3.0.0"):
        versions.promote(version)
    live.poll()
    wait_for(lambda: serving(live) == "3.0.0")
