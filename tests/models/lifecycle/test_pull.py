"""Copies of versions, as a registry in a folder."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from models.errors import ModelError
from models.lifecycle import promote, pull
from models.registry import Registry, local_registry
from models.scoring.loaded import load_model


def test_a_pulled_version_is_a_registry_of_its_own(three: Registry, tmp_path: Path) -> None:
    promote(three, "m", "2")
    folder = pull(three, "m", "", tmp_path / "copy")
    assert folder == tmp_path / "copy" / "m" / "2.0.0"
    copied = local_registry(tmp_path / "copy")
    spec, path = copied.resolve("m")
    assert (spec, path) == (three.spec("m", "2"), folder / "model.onnx")
    assert [entry.name for entry in (tmp_path / "copy").iterdir()] == ["m"]
    load_model(spec, path).close()


def test_pull_replaces_nothing(three: Registry, tmp_path: Path) -> None:
    target = tmp_path / "copy"
    for _ in range(2):
        pulled = pull(three, "m", "1", target)
        with pytest.raises(ModelError, match=r"model m@1\.0\.0 is already in .*copy; remove it there, or name another"):
            pull(three, "m", "1", target)
        shutil.rmtree(pulled)
    (target / "m" / "1.0.0").mkdir()
    with pytest.raises(ModelError, match=r"is already in"):
        pull(three, "m", "1", target)
    assert sorted(path.name for path in target.rglob("*")) == ["1.0.0", "m"]


def test_pull_into_no_folder_is_refused(three: Registry, tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    with pytest.raises(ModelError, match=r"folder .*taken cannot be written: (file exists|not a directory); check who"):
        pull(three, "m", "1", tmp_path / "taken")


def test_a_url_makes_no_local_folder(three: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(ModelError, match=r"folder s3:/\S* is a URL, and copies are for this machine; name a local or"):
        pull(three, "m", "1", Path("s3://bucket/models"))
    assert list(Path().iterdir()) == []


def test_a_damaged_artifact_is_not_pulled(three: Registry, tmp_path: Path) -> None:
    (three.base / "m" / "1.0.0" / "model.onnx").write_bytes(b"x")
    with pytest.raises(ModelError, match="expects sha256"):
        pull(three, "m", "1", tmp_path / "copy")
    assert list((tmp_path / "copy").iterdir()) == []


def test_what_a_killed_copy_left_goes_with_a_later_one(three: Registry, tmp_path: Path) -> None:
    target = tmp_path / "copy"
    for name, age_s in ((".pull-old", 90_000), (".pull-young", 60)):
        (target / name / "m").mkdir(parents=True)
        os.utime(target / name, (time.time() - age_s,) * 2)
    pull(three, "m", "1", target)
    assert sorted(path.name for path in target.iterdir()) == [".pull-young", "m"]
