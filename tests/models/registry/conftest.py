"""A registry in every kind of store: a folder, memory, and servers of S3 and GCS."""

from __future__ import annotations

import importlib.util
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from conf.model_registry import ModelRegistrySettings
from models.registry import Registry
from tests.models.registry.places import Place
from tests.models.registry.stores import SECRETS, MakePlace, StartS3, make_bucket, s3_settings, write_key
from tests.support.servers import ServerProcess, gcs_command, s3_command

KINDS = ("local", "memory", "s3", "gcs")
_NUMBERS = itertools.count()

# moto is no part of what is collected: it need not be installed.
collect_ignore = ["s3_server.py"]


@pytest.fixture(scope="session")
def start_s3(tmp_path_factory: pytest.TempPathFactory, no_service: Callable[[str], NoReturn]) -> Iterator[StartS3]:
    """Starts servers of S3 with a bucket ``models``."""
    started: list[ServerProcess] = []

    def start() -> ServerProcess:
        if importlib.util.find_spec("moto") is None or importlib.util.find_spec("boto3") is None:
            no_service("moto[s3,server] is not installed")
        started.append(ServerProcess(s3_command, tmp_path_factory.mktemp("s3") / "log"))
        make_bucket(started[-1])
        return started[-1]

    yield start
    for server in started:
        server.kill()


@pytest.fixture(scope="session")
def s3_server(start_s3: StartS3) -> ServerProcess:
    return start_s3()


@pytest.fixture(scope="session")
def gcs_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    server = ServerProcess(gcs_command, tmp_path_factory.mktemp("gcs") / "log")
    yield server
    server.kill()


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_REGION", "GOOGLE_APPLICATION_CREDENTIALS", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def make_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> MakePlace:
    """An empty store of a kind; its server is started when it is first asked for."""

    def make(kind: str) -> Place:
        cache, prefix = str(tmp_path / "cache"), f"team {next(_NUMBERS)}/models"
        if kind == "local":
            return Place(kind, ModelRegistrySettings(base_path=str(tmp_path / "models")))
        if kind == "memory":
            return Place(kind, ModelRegistrySettings(base_path=f"memory://{prefix}", cache_dir=cache))
        if kind == "s3":
            url = request.getfixturevalue("s3_server").url
            return Place(kind, s3_settings(url, base_path=prefix, cache_dir=cache))
        url = request.getfixturevalue("gcs_server").url
        monkeypatch.setenv("GOOGLE_SERVICE_ACCOUNT", str(write_key(tmp_path / "key.json", url)))
        return Place(kind, ModelRegistrySettings(type="gcs", gcs_bucket="models", base_path=prefix, cache_dir=cache))

    return make


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, make_place: MakePlace) -> Place:
    return make_place(request.param)


@pytest.fixture(params=[kind for kind in KINDS if kind != "local"])
def remote(request: pytest.FixtureRequest, make_place: MakePlace) -> Place:
    """A store that is no folder, so that artifacts are fetched."""
    return make_place(request.param)


@pytest.fixture(params=[kind for kind in KINDS if kind != "memory"])
def shared(request: pytest.FixtureRequest, make_place: MakePlace) -> Place:
    """A store that other processes reach."""
    return make_place(request.param)


@pytest.fixture
def registry(place: Place) -> Registry:
    return place.open()
