"""Registries, caches and copies on a full disk: one clear error, nothing half-written, and it works with room again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.errors import ModelError
from models.lifecycle import pull
from models.registry import local_registry
from models.registry.cache import ModelCache
from models.spec import ModelSpec
from tests.models.registry.places import publish
from tests.support.small_disk import FILLER, fill, others, small_disk


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk") as disk:
        yield disk


@pytest.fixture
def large(net_spec: ModelSpec, tmp_path: Path) -> tuple[ModelSpec, Path]:
    """A model of 64 KiB, as the checks before it is loaded see it."""
    from models.checksum import file_sha256

    file = tmp_path / "large.onnx"
    file.write_bytes(os.urandom(1 << 16))
    return net_spec.model_copy(update={"sha256": file_sha256(file)}), file


@pytest.mark.parametrize("room_kib", [0, 16, 32, 60, 64])
def test_version_that_does_not_fit_is_none(disk: Path, large: tuple[ModelSpec, Path], room_kib: int) -> None:
    registry = local_registry(disk / "models")
    registry.store.prepare()
    fill(disk, room_kib=room_kib)
    with pytest.raises(ModelError, match=r"cannot write: no space left on the device; check model_registry\.base_path"):
        registry.publish(*large)
    assert registry.versions("fraud") == ()
    assert others(disk) <= {"models/fraud/7.0.0/model.onnx"}
    (disk / FILLER).unlink()
    assert registry.publish(*large) == large[0]
    assert registry.resolve("fraud")[1].read_bytes() == large[1].read_bytes()


def test_deployment_that_does_not_fit_changes_nothing(disk: Path, net_spec: ModelSpec, net_file: Path) -> None:
    registry = local_registry(disk / "models")
    publish(registry, net_spec, net_file, "1", "2")
    deployments = registry.deployments("fraud")
    deployments.promote("1")
    before = others(disk)
    fill(disk)
    for action in (lambda: deployments.promote("2"), lambda: registry.record("fraud", "2", "validated")):
        with pytest.raises(ModelError, match="cannot write: no space left on the device"):
            action()
    assert others(disk) == before
    assert registry.spec("fraud").version == "1.0.0"
    (disk / FILLER).unlink()
    assert deployments.promote("2").generation == 2


@pytest.mark.parametrize("room_kib", [0, 16, 60])
def test_cache_without_room_keeps_no_part(
    disk: Path, large: tuple[ModelSpec, Path], tmp_path: Path, room_kib: int
) -> None:
    spec, file = large
    source = local_registry(tmp_path / "models")
    source.publish(spec, file)
    cache = ModelCache(disk / "cache")
    fill(disk, room_kib=room_kib)

    def fetch() -> Path:
        return cache.fetch(spec, lambda target: source.store.download("fraud/7.0.0/model.onnx", target))

    with pytest.raises(
        ModelError, match=r"^model cache .* cannot be used: No space left on device; set model_registry"
    ):
        fetch()
    assert others(disk) == set()
    (disk / FILLER).unlink()
    assert fetch().read_bytes() == file.read_bytes()


@pytest.mark.parametrize("room_kib", [0, 16, 60, 66])
def test_copy_that_does_not_fit_is_none(
    disk: Path, large: tuple[ModelSpec, Path], tmp_path: Path, room_kib: int
) -> None:
    source = local_registry(tmp_path / "models")
    source.publish(*large)
    fill(disk, room_kib=room_kib)
    with pytest.raises(ModelError, match=r"(folder|model registry) .*: no space left on (the )?device; "):
        pull(source, "fraud", "7", disk / "copy")
    assert others(disk) == set()
    (disk / FILLER).unlink()
    assert pull(source, "fraud", "7", disk / "copy").is_dir()
