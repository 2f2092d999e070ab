from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from models.errors import ModelError
from models.registry import Registry, local_registry
from models.spec import ModelSpec


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return local_registry(tmp_path / "models")


def version_of(spec: ModelSpec, version: str, name: str = "fraud") -> ModelSpec:
    return ModelSpec.model_validate(spec.model_dump() | {"version": version, "name": name})


def publish(registry: Registry, spec: ModelSpec, file: Path, *versions: str) -> None:
    for version in versions:
        registry.publish(version_of(spec, version), file)


def test_published_model_resolves_with_its_artifact(
    registry: Registry, net_spec: ModelSpec, net_file: Path
) -> None:
    assert registry.publish(net_spec, net_file) == net_spec
    folder = registry.base / "fraud" / "7.0.0"
    assert sorted(path.name for path in folder.iterdir()) == ["model.json", "model.onnx"]
    spec, path = registry.resolve("fraud", "v7")
    assert (spec, path) == (net_spec, folder / "model.onnx")
    assert path.read_bytes() == net_file.read_bytes()


def test_versions_are_in_semantic_order_and_empty_is_the_highest(
    registry: Registry, net_spec: ModelSpec, net_file: Path
) -> None:
    publish(registry, net_spec, net_file, "10", "9", "v2.0", "10.0.0-rc.1")
    assert list(map(str, registry.versions("fraud"))) == ["2.0.0", "9.0.0", "10.0.0-rc.1", "10.0.0"]
    assert registry.resolve("fraud")[0].version == "10.0.0"


def test_pre_release_is_not_the_highest_unless_alone(
    registry: Registry, net_spec: ModelSpec, net_file: Path
) -> None:
    publish(registry, net_spec, net_file, "2.0.0-rc.1", "2.0.0-rc.2")
    assert registry.resolve("fraud")[0].version == "2.0.0-rc.2"
    publish(registry, net_spec, net_file, "1.0.0")
    assert registry.resolve("fraud")[0].version == "1.0.0"


def test_names_skip_what_is_no_model(registry: Registry, net_spec: ModelSpec, net_file: Path) -> None:
    publish(registry, net_spec, net_file, "1")
    registry.publish(version_of(net_spec, "1", "churn"), net_file)
    (registry.base / "runtimes" / "__pycache__").mkdir(parents=True)
    (registry.base / "half" / "1.0.0").mkdir(parents=True)
    shutil.copytree(registry.base / "fraud" / "1.0.0", registry.base / "fraud" / ".2.0.0.staged")
    assert registry.names() == ("churn", "fraud")
    assert registry.versions("half") == ()
    assert list(map(str, registry.versions("fraud"))) == ["1.0.0"]


def test_unknown_name_gets_the_nearest(registry: Registry, net_spec: ModelSpec, net_file: Path) -> None:
    publish(registry, net_spec, net_file, "1")
    with pytest.raises(ModelError, match=r"has no model 'fruad'; did you mean 'fraud'\? it has fraud$"):
        registry.resolve("fruad")
    with pytest.raises(ModelError, match=r"has no model 'zzz'; it has fraud$"):
        registry.resolve("zzz")


def test_unknown_version_lists_those_there(
    registry: Registry, net_spec: ModelSpec, net_file: Path
) -> None:
    publish(registry, net_spec, net_file, "1", "2")
    with pytest.raises(
        ModelError, match=r"model fraud has no version 3\.0\.0 in .*/models; it has 1\.0\.0, 2\.0\.0$"
    ):
        registry.resolve("fraud", "3")
    with pytest.raises(ModelError, match="'newest' is not a semantic version"):
        registry.resolve("fraud", "newest")


def test_missing_base_and_bad_names_are_refused(registry: Registry) -> None:
    with pytest.raises(
        ModelError, match=r".*/models is not a folder; check model_registry\.base_path; `gress models register`"
    ):
        registry.resolve("fraud")
    with pytest.raises(ModelError, match=r"model name '\.\./x' is not allowed"):
        registry.resolve("../x")


def test_version_is_published_once(registry: Registry, net_spec: ModelSpec, net_file: Path) -> None:
    registry.publish(net_spec, net_file)
    (registry.base / "fraud" / "7.0.0").rename(registry.base / "fraud" / "v7")
    with pytest.raises(ModelError, match=r"model fraud@7\.0\.0 is already in .*; versions never change"):
        registry.publish(net_spec, net_file)


def test_of_racing_writers_one_wins(registry: Registry, net_spec: ModelSpec, net_file: Path) -> None:
    def attempt(i: int) -> str:
        with suppress(ModelError):
            registry.publish(net_spec.model_copy(update={"description": str(i)}), net_file)
            return str(i)
        return ""

    with ThreadPoolExecutor(8) as pool:
        winners = [i for i in pool.map(attempt, range(8)) if i]
    assert [registry.resolve("fraud")[0].description] == winners
    assert [path.name for path in (registry.base / "fraud").iterdir()] == ["7.0.0"]


def test_wrong_file_is_not_published(registry: Registry, net_spec: ModelSpec, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"other")
    with pytest.raises(ModelError, match="expects sha256"):
        registry.publish(net_spec, other)
    assert not registry.base.exists()


def test_half_written_version_is_invisible_and_not_in_the_way(
    registry: Registry, net_spec: ModelSpec, net_file: Path
) -> None:
    folder = registry.base / "fraud" / "7.0.0"
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(net_file.read_bytes()[:100])
    assert registry.names() == ()
    published = registry.publish(net_spec, net_file)
    assert published.file == f"model-{net_spec.sha256[:12]}.onnx"
    spec, path = registry.resolve("fraud", "7")
    assert spec == published
    assert path.read_bytes() == net_file.read_bytes()


def test_what_a_writer_left_is_used_where_it_is_whole(
    registry: Registry, net_spec: ModelSpec, net_file: Path
) -> None:
    folder = registry.base / "fraud" / "7.0.0"
    folder.mkdir(parents=True)
    shutil.copy(net_file, folder / "model.onnx")
    assert registry.publish(net_spec, net_file) == net_spec


def test_folders_that_contradict_their_spec_are_refused(
    registry: Registry, net_spec: ModelSpec, net_file: Path
) -> None:
    registry.publish(net_spec, net_file)
    folder = registry.base / "fraud" / "7.0.0"
    shutil.copytree(folder, folder.with_name("8.0.0"))
    with pytest.raises(ModelError, match=r"model fraud@8\.0\.0 has the model\.json of fraud@7\.0\.0"):
        registry.resolve("fraud")
    shutil.move(folder.with_name("8.0.0"), folder.with_name("v7"))
    with pytest.raises(ModelError, match=r"model fraud has version 7\.0\.0 twice: .*; remove one"):
        registry.versions("fraud")


def test_lost_artifact_is_named(registry: Registry, net_spec: ModelSpec, net_file: Path) -> None:
    registry.publish(net_spec, net_file)
    folder = registry.base / "fraud" / "7.0.0"
    (folder / "model.onnx").unlink()
    with pytest.raises(
        ModelError, match=r"model fraud@7\.0\.0 has no file model\.onnx in .*; publish it again"
    ):
        registry.resolve("fraud")
