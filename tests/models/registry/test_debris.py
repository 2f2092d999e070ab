"""Writers that are killed leave nothing for good."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from models.registry import Registry, local_registry
from models.spec import ModelSpec, spec_text
from tests.models.registry.places import REPOSITORY, version_of

DAY_S = 86_400
_KILLED = """
import os, signal, sys
from pathlib import Path
from models.registry import local_registry
from models.registry.store import ObjectStore
from models.spec import parse_spec
create = ObjectStore.create
def once(store, path, content):
    if path.endswith("model.json"):
        os.kill(os.getpid(), signal.SIGKILL)
    return create(store, path, content)
ObjectStore.create = once
local_registry(Path(sys.argv[1])).publish(parse_spec(sys.argv[2].encode(), "spec"), Path(sys.argv[3]))
"""


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return local_registry(tmp_path / "models")


def files(registry: Registry) -> set[str]:
    """All files, also those that a listing of the store hides."""
    return {path.relative_to(registry.base).as_posix() for path in registry.base.rglob("*") if path.is_file()}


def leave(registry: Registry, *paths: str, age_s: float) -> None:
    for each in paths:
        path = registry.base / each
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half")
        os.utime(path, (time.time() - age_s,) * 2)


def test_writer_that_was_killed_leaves_a_file_that_the_next_one_removes(
    registry: Registry, net_spec: ModelSpec, net_file: Path, tmp_path: Path
) -> None:
    from models.checksum import file_sha256

    other = tmp_path / "other.onnx"
    other.write_bytes(net_file.read_bytes() + b"\0")
    changed = net_spec.model_copy(update={"sha256": file_sha256(other)})
    command = [sys.executable, "-c", _KILLED, str(registry.base), spec_text(changed), str(other)]
    assert subprocess.run(command, cwd=REPOSITORY, check=False).returncode == -9
    assert files(registry) == {"fraud/7.0.0/model.onnx"}
    assert registry.versions("fraud") == ()
    spec = registry.publish(net_spec, net_file)
    assert files(registry) == {"fraud/7.0.0/model.json", f"fraud/7.0.0/{spec.file}"}
    assert registry.resolve("fraud")[1].read_bytes() == net_file.read_bytes()


def test_parts_that_nobody_ended_go_with_the_next_version(
    registry: Registry, net_spec: ModelSpec, net_file: Path
) -> None:
    old = ("fraud/5.0.0/model.onnx", "fraud/5.0.0/model.json#1", "fraud/6.0.0/model.onnx#2", "fraud/7.0.0/model.onnx#1")
    leave(registry, *old, age_s=DAY_S + 60)
    registry.publish(net_spec, net_file)
    assert files(registry) == {"fraud/7.0.0/model.json", "fraud/7.0.0/model.onnx"}
    assert [path.name for path in (registry.base / "fraud").iterdir()] == ["7.0.0"]


def test_what_others_write_or_put_there_stays(registry: Registry, net_spec: ModelSpec, net_file: Path) -> None:
    registry.publish(version_of(net_spec, "4"), net_file)
    before = files(registry)
    theirs = (
        "fraud/4.0.0/README.md",
        "fraud/7.0.0/model.md",
        "fraud/notes/model.onnx",
        "fraud/5.0.0/notes.txt",
        "fraud/2.0.0.bak/model.onnx",
    )
    leave(registry, *theirs, age_s=9 * DAY_S)
    young = ("fraud/6.0.0/model.onnx", "fraud/6.0.0/model.onnx#1", "fraud/7.0.0/model.onnx#1")
    leave(registry, *young, age_s=60)
    registry.publish(net_spec, net_file)
    assert files(registry) == before | {*theirs, *young, "fraud/7.0.0/model.json", "fraud/7.0.0/model.onnx"}
