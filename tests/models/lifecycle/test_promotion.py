"""Promotion and rollback."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import onnx
import pytest

from models.errors import ModelError
from models.lifecycle import history, list_models, list_versions, promote, pull, retire, rollback, show, validate
from models.registry import Registry


def test_promotion_validates_first(three: Registry) -> None:
    done = promote(three, "m", "v2", by="ann", why="better")
    assert (done.generation, done.primary, done.by, done.why) == (1, "2.0.0", "ann", "better")
    assert [record.kind for record in three.records("m", "2")] == ["validated"]
    assert three.records("m", "1") == ()
    promote(three, "m", "1", force=True)
    assert three.records("m", "1") == ()


def test_what_serves_is_promoted_again_only_by_force(three: Registry) -> None:
    promote(three, "m", "2")
    with pytest.raises(ModelError, match=r"model m@2\.0\.0 serves already, since generation 1; there is nothing to do"):
        promote(three, "m", "2")
    assert promote(three, "m", "2", force=True).generation == 2


@pytest.mark.parametrize("force", [False, True], ids=["checked", "forced"])
def test_promotion_needs_a_version_that_may_serve(force: bool, three: Registry) -> None:
    retire(three, "m", "1", why="old")
    for version, text in [
        ("", r"model m cannot be promoted without a version; it has 1\.0\.0, 2\.0\.0, 3\.0\.0$"),
        ("9", r"model m has no version 9\.0\.0 in .*; it has 1\.0\.0, 2\.0\.0, 3\.0\.0$"),
        ("1", r"model m@1\.0\.0 cannot be promoted: it is retired; promote another version$"),
    ]:
        with pytest.raises(ModelError, match=text):
            promote(three, "m", version, force=force)
    with pytest.raises(ModelError, match=r"has no model 'n'; it has m$"):
        promote(three, "n", "1", force=force)
    assert three.deployments("m").latest() is None


def test_rollback_goes_to_what_served_before(three: Registry) -> None:
    for version in ("1", "2"):
        promote(three, "m", version)
    assert rollback(three, "m", by="bob", why="worse").primary == "1.0.0"
    with pytest.raises(ModelError, match=r"no version that may serve was the primary before 1\.0\.0; promote"):
        rollback(three, "m")


def test_rollback_of_what_never_served_is_refused(three: Registry) -> None:
    with pytest.raises(ModelError, match=r"model m cannot be rolled back: it was never promoted; promote a version"):
        rollback(three, "m")
    with pytest.raises(ModelError, match="has no model 'n'; it has m"):
        rollback(three, "n")


def test_rollback_passes_over_what_was_rejected_retired_or_removed(three: Registry) -> None:
    deployments = three.deployments("m")
    for version in ("1", "2", "3"):
        deployments.promote(version)
    three.record("m", "2", "rejected", generation=2, reason="scores are NaN")
    assert rollback(three, "m").primary == "1.0.0"
    for version in ("2", "3", "2"):
        deployments.promote(version)
    three.retire("m", "1")
    assert rollback(three, "m").primary == "3.0.0"


def test_rollback_to_what_was_removed_is_refused(three: Registry) -> None:
    deployments = three.deployments("m")
    deployments.promote("1")
    deployments.promote("2")
    shutil.rmtree(three.base / "m" / "1.0.0")
    with pytest.raises(ModelError, match=r"no version that may serve was the primary before 2\.0\.0"):
        rollback(three, "m")


def test_a_version_that_was_rejected_is_not_what_the_next_goes_back_to(three: Registry) -> None:
    deployments = three.deployments("m")
    deployments.promote("1")
    deployments.promote("2")
    three.record("m", "2", "rejected", generation=2, reason="scores are NaN")
    assert deployments.promote("3").previous == "1.0.0"


@pytest.mark.parametrize(
    "act",
    [validate, promote, partial(promote, force=True)],
    ids=["validated", "promoted", "promoted by force"],
)
def test_a_version_with_weights_in_another_file_is_refused(act: Callable[..., object], three: Registry) -> None:
    """A folder that was copied into the registry was never registered."""
    folder = three.base / "m" / "2.0.0"
    model = onnx.load(folder / "model.onnx")
    onnx.save(model, folder / "model.onnx", save_as_external_data=True, location="weights.bin", size_threshold=0)
    spec = json.loads((folder / "model.json").read_text())
    spec["sha256"] = hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest()
    (folder / "model.json").write_text(json.dumps(spec))
    with pytest.raises(ModelError, match="keeps weights in another file, and a registry keeps one"):
        act(three, "m", "2")
    assert three.deployments("m").latest() is None
    assert "validated" not in [record.kind for record in three.records("m", "2")]


def test_a_damaged_version_is_not_promoted_by_force(three: Registry) -> None:
    (three.base / "m" / "2.0.0" / "model.onnx").write_bytes(b"x")
    with pytest.raises(ModelError, match="expects sha256"):
        promote(three, "m", "2", force=True)


def test_a_version_that_was_damaged_since_it_passed_is_not_promoted_again(three: Registry) -> None:
    promote(three, "m", "2")
    promote(three, "m", "1")
    (three.base / "m" / "2.0.0" / "model.onnx").write_bytes(b"x")
    with pytest.raises(ModelError, match="expects sha256"):
        promote(three, "m", "2")
    assert three.deployments("m").latest().primary == "1.0.0"


@pytest.mark.parametrize(
    ("call", "got"),
    [
        (lambda: promote("models", "m", "1"), "'models'"),  # type: ignore[arg-type]
        (lambda: rollback(Path("models"), "m"), "PosixPath"),  # type: ignore[arg-type]
        (lambda: pull("models", "m", "1", Path("copy")), "'models'"),  # type: ignore[arg-type]
        (lambda: list_models("models"), "'models'"),  # type: ignore[arg-type]
        (lambda: list_versions("models", "m"), "'models'"),  # type: ignore[arg-type]
        (lambda: show(Path("models"), "m"), "PosixPath"),  # type: ignore[arg-type]
        (lambda: history("models", "m"), "'models'"),  # type: ignore[arg-type]
    ],
    ids=["promote", "rollback", "pull", "list_models", "list_versions", "show", "history"],
)
def test_a_place_is_no_open_registry(call: Callable[[], object], got: str) -> None:
    with pytest.raises(ModelError, match=rf"expected one of gress\.open_registry, got {got}"):
        call()
