"""`gress doctor` asks the feature store, and says what to do where it does not answer."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from conf.settings import FeatureStoreSettings
from gress.feature_store.check_store import check_store
from tests.support.redis_server import PROGRAM, redis_server


def redis_at(port: int, **more: object) -> FeatureStoreSettings:
    given = {"backend": "redis", "redis_addr": f"127.0.0.1:{port}", "retries": 0, "timeout": "5s"}
    return FeatureStoreSettings.model_validate({**given, **more})


def test_memory_is_always_there() -> None:
    assert check_store(FeatureStoreSettings()).found == "in the memory of each process"


def test_a_server_that_answers_and_one_that_refuses(tmp_path: Path, no_service: Callable[[str], NoReturn]) -> None:
    if shutil.which(PROGRAM) is None:
        no_service(f"{PROGRAM} is not installed: apt-get install {PROGRAM}")
    with redis_server(tmp_path, "--requirepass", "secret") as server:
        there = check_store(redis_at(server.port, redis_password="secret"))
        assert (there.ok, there.found) == (True, f"127.0.0.1:{server.port}, 0 entities")
        wrong = check_store(redis_at(server.port, redis_password="guess"))
        assert (wrong.ok, wrong.fix.partition(",")[0]) == (
            False,
            "correct ml.feature_store.redis_user and redis_password",
        )
        assert "guess" not in wrong.found


def test_a_server_that_is_away() -> None:
    away = check_store(redis_at(1))
    assert (away.ok, away.fix) == (False, "start the server, or correct ml.feature_store.redis_addr and redis_tls")
    assert away.found.startswith("redis at 127.0.0.1:1: ")


@pytest.mark.parametrize("name", ["redis_ca", "redis_cert"])
def test_a_file_that_is_missing_is_named(name: str, tmp_path: Path) -> None:
    there = tmp_path / "there.pem"
    there.touch()
    files = {"redis_cert": str(there), "redis_cert_key": str(there), name: str(tmp_path / "gone.pem")}
    missing = check_store(redis_at(1, redis_tls=True, **files))
    assert not missing.ok
    assert missing.found == f"redis at 127.0.0.1:1: [Errno 2] No such file or directory: '{tmp_path / 'gone.pem'}'"


def test_a_database_that_the_server_has_not(tmp_path: Path, no_service: Callable[[str], NoReturn]) -> None:
    if shutil.which(PROGRAM) is None:
        no_service(f"{PROGRAM} is not installed: apt-get install {PROGRAM}")
    with redis_server(tmp_path) as server:
        wrong = check_store(redis_at(server.port, redis_db=99))
    assert "DB index is out of range" in wrong.found
    assert wrong.fix.startswith("correct ml.feature_store.redis_mode and redis_db")


def test_a_full_server_still_answers(tmp_path: Path, no_service: Callable[[str], NoReturn]) -> None:
    if shutil.which(PROGRAM) is None:
        no_service(f"{PROGRAM} is not installed: apt-get install {PROGRAM}")
    with redis_server(tmp_path) as server:
        server.set("maxmemory", "10000")
        full = check_store(redis_at(server.port))
        assert (full.ok, full.fix.partition(",")[0]) == (False, "raise the server's maxmemory")
        assert full.found.startswith(f"127.0.0.1:{server.port} is full: ")
        server.set("maxmemory", "1gb")
        assert check_store(redis_at(server.port)).ok


def test_a_library_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("udfs.feature_store.open_store.find_spec", lambda name: None)
    missing = check_store(redis_at(1))
    assert (missing.ok, missing.fix) == (False, "pip install 'gress-ml[redis]'")
