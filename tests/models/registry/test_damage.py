"""Registries that people, disks and backups changed: the rest of them stays usable, and what is ignored is said."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import pytest

from models.errors import ModelError
from models.lifecycle.overview import history, list_models
from models.registry import Registry, local_registry
from models.serving.rewind import RewindWatch
from models.spec import ModelSpec
from tests.models.registry.places import overwrite, publish

FIRST = b'{"generation": 1, "primary": "1.0.0", "at": "2026-01-01T00:00:00Z"}'
DAMAGES = {
    "empty": (b"", "Invalid JSON"),
    "cut": (FIRST[:40], "Invalid JSON"),
    "zeros": (bytes(200), "Invalid JSON"),
    "no primary": (b'{"generation": 3, "at": "2026-01-01T00:00:00Z"}', "primary: Field required"),
    "of the future": (FIRST[:-1] + b', "format_version": 2}', "format_version: Input should be 1"),
    "copy of another": (FIRST, "is a copy of generation 1"),
}


@pytest.fixture
def fraud(registry: Registry, net_spec: ModelSpec, net_file: Path) -> Registry:
    """Three versions, promoted one after the other."""
    publish(registry, net_spec, net_file, "1", "2", "3")
    for version in ("1", "2", "3"):
        registry.deployments("fraud").promote(version)
    return registry


@pytest.mark.parametrize(("content", "problem"), DAMAGES.values(), ids=DAMAGES)
def test_damaged_generation_is_named_and_passed_over(
    fraud: Registry, content: bytes, problem: str, caplog: pytest.LogCaptureFixture
) -> None:
    deployments, path = fraud.deployments("fraud"), "fraud/deployments/3.json"
    overwrite(fraud, path, content)
    for _ in range(2):
        latest = deployments.latest()
        assert latest is not None
        assert (latest.generation, latest.primary) == (2, "2.0.0")
    assert fraud.resolve("fraud")[0].version == "2.0.0"
    (said,) = [record.getMessage() for record in caplog.records]
    assert said.startswith(f"deployment {fraud.url}/{path} ")
    assert problem in said
    assert said.endswith("; it is ignored")
    # It keeps its number: who read it while it was whole must not see another one under it.
    assert deployments.promote("1").generation == 4
    assert [each.generation for each in history(fraud, "fraud")] == [1, 2, 4]
    assert deployments.after(2) == deployments.latest()
    assert deployments.rollback().primary == "2.0.0"


def test_no_generation_that_can_be_read_is_no_reason_to_serve_what_nobody_promoted(fraud: Registry) -> None:
    for number in (1, 2, 3):
        overwrite(fraud, f"fraud/deployments/{number}.json", FIRST[:30])
    with pytest.raises(ModelError, match=r"deployment .*/3\.json cannot be read: .*; promote again"):
        fraud.resolve("fraud")
    assert fraud.deployments("fraud").promote("2").generation == 4
    assert fraud.resolve("fraud")[0].version == "2.0.0"


@pytest.mark.parametrize("name", ["2.0.0.bak", "2.0.0 (copy)", "latest", "old"])
def test_folder_that_is_no_version_is_named_and_passed_over(
    fraud: Registry, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    for file in ("model.json", "model.onnx"):
        overwrite(fraud, f"fraud/{name}/{file}", fraud.store.read(f"fraud/2.0.0/{file}") or b"")
    assert list(map(str, fraud.versions("fraud"))) == ["1.0.0", "2.0.0", "3.0.0"]
    assert fraud.resolve("fraud")[0].version == "3.0.0"
    assert [(each.name, each.versions) for each in list_models(fraud)] == [("fraud", 3)]
    publish(fraud, fraud.spec("fraud", "3"), fraud.resolve("fraud", "3")[1], "4")
    (said,) = [record.getMessage() for record in caplog.records]
    assert said.startswith(f"folder {fraud.url}/fraud/{name} holds a model.json, but its name is not a version (expec")
    assert said.endswith("; it is ignored")


def test_restored_backup_is_noticed(tmp_path: Path, net_spec: ModelSpec, net_file: Path) -> None:
    registry = local_registry(tmp_path / "models")
    publish(registry, net_spec, net_file, "1", "2")
    deployments = registry.deployments("fraud")
    for _ in range(2):
        deployments.promote("1")
    shutil.copytree(registry.base, tmp_path / "backup")
    seen = deployments.promote("2")
    watch = RewindWatch(deployments, every=3)
    assert [watch.look(seen) for _ in range(6)] == [None] * 6
    shutil.rmtree(registry.base)
    shutil.copytree(tmp_path / "backup", registry.base)
    restored = deployments.latest()
    assert deployments.after(seen.generation) is None
    assert [watch.look(seen) for _ in range(3)] == [None, None, restored]
    # The numbers grow again, to the one that was seen before.
    again = deployments.promote("1")
    assert again.generation == seen.generation
    assert [watch.look(seen) for _ in range(3)] == [None, None, again]


def test_lost_generation_hides_no_later_one_for_long(fraud: Registry) -> None:
    deployments = fraud.deployments("fraud")
    seen = deployments.latest()
    deployments.promote("1")
    last = deployments.promote("2")
    fraud.store.delete("fraud/deployments/4.json")
    assert deployments.after(3) is None
    assert RewindWatch(deployments, every=1).look(seen) == last


def test_registry_that_is_not_mounted_changes_nothing(fraud: Registry) -> None:
    seen = fraud.deployments("fraud").latest()
    for path in fraud.store.files():
        fraud.store.delete(path)
    assert RewindWatch(fraud.deployments("fraud"), every=1).look(seen) is None


@pytest.fixture(autouse=True)
def _warnings(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "gress.models")
