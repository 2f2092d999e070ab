"""A live model whose registry goes away: it continues to serve, reports that once, and catches up."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from models.registry import Registry
from models.scoring.loaded import LoadedModel, load_model
from models.serving.events import NullListener
from models.serving.live import LiveModel
from models.serving.versions import DeployedVersions
from models.spec import ModelSpec
from tests.models.registry.places import HASTY, Place, publish
from tests.models.registry.stores import StartS3, make_bucket, s3_settings
from tests.support.sample_models import net_score
from tests.support.servers import ServerProcess

_WAIT_S = 30


class Diary(NullListener):
    """The reported events, in order."""

    def __init__(self) -> None:
        self.entries: list[str] = []
        self.errors: list[Exception] = []
        self._changed = threading.Condition()

    def swapped(self, model: LoadedModel, before: LoadedModel, generation: int, *, is_rollback: bool) -> None:
        self._write(f"{'rolled back' if is_rollback else 'swapped'} to {model.spec.version} by {generation}")

    def rejected(self, name: str, version: str, generation: int, error: Exception) -> None:
        self.errors.append(error)
        self._write(f"rejected {version} of {generation}")

    def no_fallback(self, name: str, error: Exception) -> None:
        self._write("no fallback")

    def registry_failed(self, name: str, error: Exception) -> None:
        self.errors.append(error)
        self._write("failed")

    def registry_back(self, name: str) -> None:
        self._write("back")

    def await_entry(self, count: int) -> list[str]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.entries) >= count, _WAIT_S), self.entries
            return self.entries

    def _write(self, entry: str) -> None:
        with self._changed:
            self.entries.append(entry)
            self._changed.notify_all()


Live = Callable[[Place], LiveModel]


@pytest.fixture
def diary() -> Diary:
    return Diary()


@pytest.fixture
def go_live(diary: Diary) -> Iterator[Live]:
    started: list[LiveModel] = []

    def go(place: Place) -> LiveModel:
        started.append(LiveModel(DeployedVersions(place.open(HASTY), "fraud", load_model), listener=diary))
        return started[-1]

    yield go
    for each in started:
        each.close()


@pytest.fixture
def server(start_s3: StartS3) -> Iterator[ServerProcess]:
    started = start_s3()
    yield started
    started.kill()


@pytest.fixture
def place(server: ServerProcess, tmp_path: Path) -> Place:
    return Place("s3", s3_settings(server.url, cache_dir=str(tmp_path / "cache")))


@pytest.fixture
def registry(place: Place, net_spec: ModelSpec, net_file: Path) -> Registry:
    """Three versions, the first deployed."""
    opened = place.open()
    publish(opened, net_spec, net_file, "1", "2", "3")
    opened.deployments("fraud").promote("1")
    return opened


def check_serves(live: LiveModel, version: str) -> None:
    rows = np.arange(12, dtype=np.float32).reshape(3, 4) / 10
    with live.lease() as model:
        assert model.spec.version == version
        scores = model.predict_matrix(rows)
    np.testing.assert_allclose(scores.prediction, net_score({"x": rows})["score"][:, 0], rtol=1e-5)


def test_paused_registry(place: Place, server: ServerProcess, registry: Registry, diary: Diary, go_live: Live) -> None:
    live = go_live(place)
    with _paused(server):
        for _ in range(3):
            live.poll()
            check_serves(live, "1.0.0")
        assert diary.entries == ["failed"]
        assert "no answer in time" in str(diary.errors[0])
    registry.deployments("fraud").promote("2")
    live.poll()
    assert diary.await_entry(3) == ["failed", "back", "swapped to 2.0.0 by 2"]
    check_serves(live, "2.0.0")
    live.poll()
    assert len(diary.entries) == 3


def test_killed_registry(
    place: Place,
    server: ServerProcess,
    registry: Registry,
    diary: Diary,
    go_live: Live,
    net_spec: ModelSpec,
    net_file: Path,
) -> None:
    live = go_live(place)
    for outage in range(2):
        server.kill()
        for _ in range(3):
            live.poll()
            check_serves(live, f"{1 + outage}.0.0")
        server.start()
        # Its objects were in memory; another writer has brought all of them and one deployment more.
        make_bucket(server)
        publish(registry, net_spec, net_file, "1", "2", "3")
        for version in range(1, 3 + outage):
            registry.deployments("fraud").promote(str(version))
        live.poll()
        swapped = f"swapped to {outage + 2}.0.0 by {outage + 2}"
        assert diary.await_entry(3 * outage + 3)[3 * outage :] == ["failed", "back", swapped]
        check_serves(live, f"{2 + outage}.0.0")
    assert "connection refused" in str(diary.errors[0])


def test_rollback_needs_no_artifact(place: Place, registry: Registry, diary: Diary, go_live: Live) -> None:
    """An earlier version stays loaded, so only the deployment is read."""
    live = go_live(place)
    registry.deployments("fraud").promote("2")
    live.poll()
    diary.await_entry(1)
    registry.store.delete("fraud/1.0.0/model.onnx")
    registry.deployments("fraud").rollback()
    live.poll()
    assert diary.entries == ["swapped to 2.0.0 by 2", "rolled back to 1.0.0 by 3"]
    check_serves(live, "1.0.0")


def test_tampered_version_is_rejected(place: Place, registry: Registry, diary: Diary, go_live: Live) -> None:
    live = go_live(place)
    registry.store.delete("fraud/2.0.0/model.onnx")
    registry.store.create("fraud/2.0.0/model.onnx", b"evil")
    registry.deployments("fraud").promote("2")
    # Its bytes should be those of version 1, which are here; only what has to be fetched can be tampered with.
    for path in Path(place.settings.cache_dir or "").rglob("*.onnx"):
        path.unlink()
    live.poll()
    assert diary.await_entry(1) == ["rejected 2.0.0 of 2"]
    check_serves(live, "1.0.0")
    assert "expects sha256" in str(diary.errors[0])


@contextmanager
def _paused(server: ServerProcess) -> Iterator[None]:
    server.pause()
    try:
        yield
    finally:
        server.resume()
