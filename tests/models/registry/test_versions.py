from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from models.checksum import file_sha256
from models.errors import ModelError
from models.registry import Registry
from models.spec import ModelSpec, spec_text
from tests.models.registry.places import Place, overwrite, publish, version_of


def test_published_model_resolves_with_its_artifact(registry: Registry, net_spec: ModelSpec, net_file: Path) -> None:
    assert registry.publish(net_spec, net_file) == net_spec
    spec, path = registry.resolve("fraud", "v7")
    assert spec == net_spec
    assert path.read_bytes() == net_file.read_bytes()
    assert registry.names() == ("fraud",)


def test_versions_are_in_semantic_order(registry: Registry, net_spec: ModelSpec, net_file: Path) -> None:
    publish(registry, net_spec, net_file, "v10", "1.0.0", "v9", "1.0.0-rc1")
    assert list(map(str, registry.versions("fraud"))) == ["1.0.0-rc1", "1.0.0", "9.0.0", "10.0.0"]
    assert registry.resolve("fraud")[0].version == "10.0.0"


@pytest.mark.parametrize("text", ["latest", "1.2.3.4", "01.0.0", "1.0.0+build", "../1"])
def test_what_is_no_version_is_refused_with_the_rule(
    registry: Registry, net_spec: ModelSpec, net_file: Path, text: str
) -> None:
    registry.publish(net_spec, net_file)
    rule = r"is not a semantic version; expected MAJOR\[\.MINOR\[\.PATCH\]\]\[-PRERELEASE\], no leading zeros"
    for use in (registry.resolve, registry.retire, registry.delete):
        with pytest.raises(ModelError, match=f"model version {re.escape(repr(text))} {rule}"):
            use("fraud", text)
    with pytest.raises(ModelError, match=f"model version {re.escape(repr(text))} {rule}"):
        registry.deployments("fraud").promote(text)


def test_empty_store_has_no_models(registry: Registry, net_spec: ModelSpec, net_file: Path) -> None:
    assert registry.versions("fraud") == ()
    assert registry.publish(net_spec, net_file) == net_spec
    with pytest.raises(ModelError, match=r"has no model 'fruad'; did you mean 'fraud'\?"):
        registry.resolve("fruad")


def test_published_version_never_changes(registry: Registry, net_spec: ModelSpec, net_file: Path) -> None:
    registry.publish(net_spec, net_file)
    with pytest.raises(ModelError, match=r"model fraud@7\.0\.0 is already in .*; versions never change: publish it"):
        registry.publish(net_spec.model_copy(update={"description": "another"}), net_file)
    assert registry.spec("fraud") == net_spec
    assert not registry.store.create("fraud/7.0.0/model.json", b"{}")


def test_half_written_version_is_invisible_and_not_in_the_way(
    registry: Registry, net_spec: ModelSpec, net_file: Path
) -> None:
    overwrite(registry, "fraud/7.0.0/model.onnx", net_file.read_bytes()[:100])
    assert registry.names() == ()
    assert registry.versions("fraud") == ()
    published = registry.publish(net_spec, net_file)
    assert published.file == f"model-{net_spec.sha256[:12]}.onnx"
    spec, path = registry.resolve("fraud", "7")
    assert spec == published
    assert path.read_bytes() == net_file.read_bytes()


def test_what_a_writer_left_is_used_where_it_is_whole(registry: Registry, net_spec: ModelSpec, net_file: Path) -> None:
    overwrite(registry, "fraud/7.0.0/model.onnx", net_file.read_bytes())
    assert registry.publish(net_spec, net_file) == net_spec


def test_of_many_writers_in_threads_one_wins(
    registry: Registry, net_spec: ModelSpec, net_file: Path, tmp_path: Path
) -> None:
    """Half of them bring other bytes, so that a version of two writers' parts would show."""
    other = tmp_path / "other.onnx"
    other.write_bytes(net_file.read_bytes() + b"\0")
    changed = net_spec.model_copy(update={"sha256": file_sha256(other)})

    def attempt(i: int) -> list[ModelSpec]:
        spec, file = ((net_spec, net_file), (changed, other))[i % 2]
        with suppress(ModelError):
            return [registry.publish(spec.model_copy(update={"description": str(i)}), file)]
        return []

    with ThreadPoolExecutor(8) as pool:
        winners = [spec for found in pool.map(attempt, range(8)) for spec in found]
    spec, path = registry.resolve("fraud")
    assert winners == [spec]
    assert file_sha256(path) == spec.sha256


def test_of_two_writing_processes_one_wins(shared: Place, net_spec: ModelSpec, net_file: Path) -> None:
    shared.open().publish(version_of(net_spec, "6"), net_file)
    specs = [net_spec.model_copy(update={"description": str(i)}) for i in range(2)]
    told = shared.run_together(*(("publish", spec_text(spec), str(net_file)) for spec in specs))
    assert sorted(text.partition(":")[0].strip() for text in told) == ["lost", "won"]
    spec, path = shared.open().resolve("fraud", "7")
    assert spec == specs[told.index("won\n")]
    assert path.read_bytes() == net_file.read_bytes()


def test_tampered_artifact_is_refused_and_not_kept(remote: Place, net_spec: ModelSpec, net_file: Path) -> None:
    registry = remote.open()
    registry.publish(net_spec, net_file)
    overwrite(registry, "fraud/7.0.0/model.onnx", b"evil" + net_file.read_bytes()[4:])
    with pytest.raises(ModelError, match=rf"fraud@7\.0\.0 expects sha256 {net_spec.sha256}, but .* has [0-9a-f]+;"):
        registry.resolve("fraud")
    assert not list(registry.cache.folder.rglob("*"))
    overwrite(registry, "fraud/7.0.0/model.onnx", net_file.read_bytes())
    assert registry.resolve("fraud")[1].read_bytes() == net_file.read_bytes()


def test_lost_artifact_is_named(registry: Registry, net_spec: ModelSpec, net_file: Path) -> None:
    registry.publish(net_spec, net_file)
    registry.store.delete("fraud/7.0.0/model.onnx")
    with pytest.raises(ModelError, match=r"model fraud@7\.0\.0 has no file model\.onnx in .*; publish it again"):
        registry.resolve("fraud")
