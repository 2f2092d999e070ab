from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest

from models.errors import ModelError
from models.registry import Deployment, Registry
from models.spec import ModelSpec
from tests.models.registry.places import Place, publish


def served(deployment: Deployment | None) -> tuple[int, str, str | None]:
    assert deployment is not None
    return deployment.generation, deployment.primary, deployment.previous


@pytest.fixture
def fraud(registry: Registry, net_spec: ModelSpec, net_file: Path) -> Registry:
    """Three versions, none of them deployed."""
    publish(registry, net_spec, net_file, "1", "2", "3")
    return registry


def test_promoted_version_is_the_primary(fraud: Registry) -> None:
    deployments = fraud.deployments("fraud")
    assert deployments.latest() is None
    assert fraud.resolve("fraud")[0].version == "3.0.0"
    assert served(deployments.promote("v1", by="me", why="first")) == (1, "1.0.0", None)
    assert fraud.resolve("fraud")[0].version == "1.0.0"
    assert fraud.state("fraud", "1") == "deployed"
    latest = deployments.latest()
    assert latest is not None
    assert (latest.by, latest.why, latest.action) == ("me", "first", "promote")


def test_rolling_back_twice_goes_back_two_versions(fraud: Registry) -> None:
    deployments = fraud.deployments("fraud")
    for version in ("1", "2", "3"):
        deployments.promote(version)
    assert served(deployments.rollback()) == (4, "2.0.0", "1.0.0")
    assert served(deployments.rollback(why="worse")) == (5, "1.0.0", None)
    assert [each.action for each in deployments.history()] == ["promote"] * 3 + ["rollback"] * 2
    with pytest.raises(
        ModelError, match=r"fraud cannot be rolled back: no version that may serve was the primary before 1\.0"
    ):
        deployments.rollback()
    with pytest.raises(ModelError, match="model churn cannot be rolled back: it was never promoted; promote a version"):
        fraud.deployments("churn").rollback()


def test_rollback_passes_over_what_was_rejected(fraud: Registry) -> None:
    deployments = fraud.deployments("fraud")
    for version in ("1", "2", "3"):
        deployments.promote(version)
    fraud.record("fraud", "2", "rejected", generation=2)
    assert served(deployments.rollback()) == (4, "1.0.0", None)


def test_promoting_the_primary_again_keeps_what_a_rollback_goes_to(fraud: Registry) -> None:
    deployments = fraud.deployments("fraud")
    for version in ("1", "2", "2.0.0"):
        deployments.promote(version)
    assert served(deployments.latest()) == (3, "2.0.0", "1.0.0")


def test_after_gives_the_highest_above_a_generation(fraud: Registry) -> None:
    deployments = fraud.deployments("fraud")
    assert deployments.after(0) is None
    for version in ("1", "2", "3") * 4:
        deployments.promote(version)
    assert served(deployments.after(0)) == served(deployments.after(11)) == (12, "3.0.0", "2.0.0")
    assert deployments.after(12) is None
    assert [each.generation for each in deployments.history()] == list(range(1, 13))


def test_of_many_writers_in_threads_each_gets_a_number(fraud: Registry) -> None:
    def promote(i: int) -> int:
        return fraud.deployments("fraud").promote(str(1 + i % 3), why=str(i)).generation

    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(promote, range(16)))
    assert sorted(numbers) == list(range(1, 17))
    history = fraud.deployments("fraud").history()
    assert [each.why for each in history] == [str(numbers.index(n)) for n in range(1, 17)]
    # Each took up what the one before had done.
    pairs = [pair for pair in pairwise(history) if pair[0].primary != pair[1].primary]
    assert [each.previous for _, each in pairs] == [before.primary for before, _ in pairs]


def test_of_two_writing_processes_each_gets_its_numbers(shared: Place, net_spec: ModelSpec, net_file: Path) -> None:
    registry = shared.open()
    registry.publish(net_spec, net_file)
    told = shared.run_together(("promote", "a", "6"), ("promote", "b", "6"))
    numbers = {who: list(map(int, text.split())) for who, text in zip("ab", told, strict=True)}
    assert sorted(numbers["a"] + numbers["b"]) == list(range(1, 13))
    assert all(mine == sorted(mine) for mine in numbers.values())
    assert [each.by for each in registry.deployments("fraud").history()] == [
        "a" if n in numbers["a"] else "b" for n in range(1, 13)
    ]


def test_version_in_use_is_neither_deleted_nor_retired(fraud: Registry) -> None:
    for version in ("1", "2"):
        fraud.deployments("fraud").promote(version)
    for use, verb in ((fraud.delete, "deleted"), (fraud.retire, "retired")):
        with pytest.raises(ModelError, match=rf"fraud@2\.0\.0 cannot be {verb}: it serves in generation 2; promote"):
            use("fraud", "2")
        with pytest.raises(ModelError, match=rf"fraud@1\.0\.0 cannot be {verb}: it is what a rollback goes to"):
            use("fraud", "1")
    assert len(fraud.versions("fraud")) == 3


def test_deleted_version_leaves_nothing(fraud: Registry) -> None:
    fraud.record("fraud", "3", "validated")
    fraud.delete("fraud", "3")
    assert list(map(str, fraud.versions("fraud"))) == ["1.0.0", "2.0.0"]
    assert fraud.store.files("fraud/3.0.0") == []


def test_retired_version_stays_readable(fraud: Registry) -> None:
    fraud.retire("fraud", "3", by="me", why="old")
    assert fraud.state("fraud", "3") == "retired"
    assert fraud.resolve("fraud", "3")[0].version == "3.0.0"
    (record,) = fraud.records("fraud", "3")
    assert (record.kind, record.by, record.reason) == ("retired", "me", "old")


def test_records_are_written_once_for_each_kind_and_generation(fraud: Registry) -> None:
    def reject(i: int) -> bool:
        return fraud.record("fraud", "2", "rejected", reason=str(i), generation=4)

    with ThreadPoolExecutor(8) as pool:
        written = list(pool.map(reject, range(8)))
    assert sum(written) == 1
    assert fraud.record("fraud", "2", "validated")
    assert not fraud.record("fraud", "2", "validated", reason="again")
    assert fraud.record("fraud", "2", "rejected", generation=5)
    assert [(each.kind, each.generation, each.reason) for each in fraud.records("fraud", "2")] == [
        ("rejected", 4, str(written.index(True))),
        ("validated", None, ""),
        ("rejected", 5, ""),
    ]
