from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conf.model_registry import ModelRegistrySettings
from models.errors import ModelError
from models.learned.snapshot import read_snapshot, snapshot_text
from models.learned.snapshots import Snapshots, open_snapshots
from models.version import Version
from tests.models.learned.samples import KINDS, learned
from tests.models.registry.stores import s3_settings


@pytest.fixture
def snapshots(tmp_path: Path) -> Snapshots:
    return open_snapshots(str(tmp_path / "checkpoints"), keep=3)


def versions(snapshots: Snapshots) -> list[str]:
    return list(map(str, snapshots.versions("fraud")))


@pytest.mark.parametrize("kind", KINDS)
def test_a_snapshot_reads_back_to_the_bit(kind: str) -> None:
    model = KINDS[kind]()
    text = snapshot_text("fraud", "1.0.7", learned(7, model=model, feature_set="cards", feature_set_hash="ab12"))
    found = read_snapshot(text.encode(), "here")
    assert type(found.model) is type(model)
    for name, value in vars(model).items():
        np.testing.assert_array_equal(getattr(found.model, name), value)
    assert found.lineage == learned(7).lineage
    assert found.scores == {"auc_roc": 0.9, "log_loss": 0.12345}
    assert (found.feature_set, found.feature_set_hash) == ("cards", "ab12")
    assert snapshot_text("fraud", "1.0.7", found) == text


def test_people_can_read_it() -> None:
    found = json.loads(snapshot_text("fraud", "1.0.7", learned(7)))
    assert (found["model"], found["version"], found["kind"], found["link"]) == ("fraud", "1.0.7", "linear", "logistic")
    assert found["features"][0] == {"name": "amount", "weights": [1.5], "mean": 100.0, "scale": 50.0}
    assert found["lineage"]["newest"] == "2026-03-01T12:35:00Z"
    assert found["lineage"]["settings"]["alpha"] == 0.1


def test_the_newest_are_kept(snapshots: Snapshots) -> None:
    for slot in (8, 9, 10, 11):
        snapshots.write("fraud", f"1.0.{slot}", learned(slot))
    assert versions(snapshots) == ["1.0.9", "1.0.10", "1.0.11"]
    snapshots.write("fraud", "1.1.3", learned(3))
    assert versions(snapshots) == ["1.0.10", "1.0.11", "1.1.3"]
    assert snapshots.read("fraud")[0] == "1.1.3"


def test_other_models_and_files_stay(snapshots: Snapshots, tmp_path: Path) -> None:
    snapshots.write("other", "1.0.0", learned())
    note = tmp_path / "checkpoints" / "fraud" / "notes.json"
    note.parent.mkdir()
    note.write_text("mine")
    for slot in range(5):
        snapshots.write("fraud", f"1.0.{slot}", learned(slot))
    assert note.read_text() == "mine"
    assert snapshots.names() == ("fraud", "other")
    assert len(versions(snapshots)) == 3


def test_a_version_that_is_written_again_is_replaced(snapshots: Snapshots) -> None:
    path = snapshots.write("fraud", "1.0.7", learned(7))
    first = Path(path).read_bytes()
    assert snapshots.write("fraud", "1.0.7", learned(7)) == path
    assert Path(path).read_bytes() == first
    snapshots.write("fraud", "1.0.7", learned(8))
    assert snapshots.read("fraud", "1.0.7")[1].lineage.updates == 1008


def test_snapshots_of_another_registry_are_refused_and_stay(tmp_path: Path) -> None:
    first, second = (ModelRegistrySettings(base_path=str(tmp_path / name)) for name in ("first", "second"))
    place = str(tmp_path / "checkpoints")
    own, other = (open_snapshots(place, registry=registry) for registry in (first, second))
    other.check_owner("fraud")
    own.write("fraud", "1.0.7", learned(7))
    own.write("fraud", "1.0.8", learned(8))
    text = rf"snapshots {place}/fraud are of the versions in '{tmp_path}/first', not in '{tmp_path}/second'; choose ano"
    with pytest.raises(ModelError, match=text):
        other.write("fraud", "1.0.7", learned(9))
    with pytest.raises(ModelError, match=text):
        other.check_owner("fraud")
    assert own.read("fraud", "1.0.7")[1].lineage.updates == 1007
    other.write("another", "1.0.7", learned(9))
    assert versions(own) == ["1.0.7", "1.0.8"]
    # A program that only reads belongs to no registry.
    assert open_snapshots(place).read("another")[0] == "1.0.7"


def test_every_store_keeps_snapshots(settings: ModelRegistrySettings) -> None:
    place = settings.base_path if settings.type == "local" else "s3://models/checkpoints"
    snapshots = open_snapshots(place, 2, registry=settings)
    for slot in (1, 2, 3):
        snapshots.write("fraud", f"1.0.{slot}", learned(slot))
    snapshots.write("fraud", "1.0.3", learned(3, updates=7))
    again = open_snapshots(place, registry=settings)
    assert versions(again) == ["1.0.2", "1.0.3"]
    assert again.read("fraud")[1].lineage.updates == 7


def test_a_folder_is_one_of_this_machine_wherever_the_registry_is(tmp_path: Path) -> None:
    registry = s3_settings("http://localhost:1")
    assert open_snapshots(str(tmp_path), registry=registry).url == str(tmp_path)


def test_nothing_written_is_nothing_there(snapshots: Snapshots) -> None:
    assert (snapshots.names(), snapshots.versions("fraud")) == ((), ())
    with pytest.raises(
        ModelError, match=r"^model fraud has no snapshot in .*checkpoints; there are snapshots of none$"
    ):
        snapshots.read("fraud")
    snapshots.write("fraud", "1.0.7", learned(7))
    with pytest.raises(ModelError, match=r"^model fraud has no snapshot 1\.0\.8 in .*checkpoints; it has 1\.0\.7$"):
        snapshots.read("fraud", "1.0.8")
    assert snapshots.versions("fraud") == (Version.parse("1.0.7"),)


def test_at_least_one_is_kept(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"^snapshots .* cannot keep 0; keep at least 1$"):
        open_snapshots(str(tmp_path), keep=0)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"format_version": 2}, r"has format 2, expected 1; read it with the version of gress that wrote it"),
        ({"link": "probit"}, r"cannot be read: learnt model: link expected one of .*; remove it"),
        ({"bias": [None]}, r"cannot be read: learnt model: bias expected finite numbers, got nan at \(0,\)"),
        ({"bias": "x"}, r"cannot be read: could not convert string to float: 'x'; remove it"),
        ({"lineage": {}}, r"cannot be read: .* validation errors for Lineage; remove it"),
        ({"features": [{}]}, r"cannot be read: it has no key 'name'; remove it"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_is_no_snapshot_is_refused(change: dict[str, Any], text: str) -> None:
    content = {**json.loads(snapshot_text("fraud", "1.0.7", learned(7))), **change}
    with pytest.raises(ModelError, match=f"^snapshot here {text}"):
        read_snapshot(json.dumps(content).encode(), "here")


@pytest.mark.parametrize("content", [b"", b"[]", b"\x80\x04K\x01.", b'{"format_version": 1}'], ids=str)
def test_other_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(ModelError, match=r"^snapshot here cannot be read: .+; remove it$"):
        read_snapshot(content, "here")
