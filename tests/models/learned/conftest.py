from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from conf.model_registry import ModelRegistrySettings
from models.registry import Registry, local_registry
from tests.models.registry.stores import SECRETS, make_bucket, s3_settings
from tests.support.servers import ServerProcess, s3_command


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return local_registry(tmp_path / "registry")


@pytest.fixture(scope="module")
def s3_server(
    tmp_path_factory: pytest.TempPathFactory, no_service: Callable[[str], NoReturn]
) -> Iterator[ServerProcess]:
    """A server of S3 with a bucket ``models``."""
    if importlib.util.find_spec("moto") is None or importlib.util.find_spec("boto3") is None:
        no_service("moto[s3,server] is not installed")
    server = ServerProcess(s3_command, tmp_path_factory.mktemp("s3") / "log")
    make_bucket(server)
    yield server
    server.kill()


@pytest.fixture(params=["local", "s3"])
def settings(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelRegistrySettings:
    """Settings of an empty registry that other processes reach."""
    if request.param == "local":
        return ModelRegistrySettings(base_path=str(tmp_path / "models"))
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_REGION", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    url = request.getfixturevalue("s3_server").url
    return s3_settings(url, base_path=tmp_path.name, cache_dir=str(tmp_path / "cache"))
