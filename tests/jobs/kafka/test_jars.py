from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from jobs.errors import JobError
from jobs.kafka.jars import BROKER, CONNECTOR, JDBC, connector_jar, fetch_jars, find_jars, jars_folder, pom_file

ENTRY = "org/apache/flink/connector/kafka/source/KafkaSource.class"


def _jar(path: Path, entry: str = ENTRY) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(entry, "")
    return path


def _maven(folder: Path, script: str) -> None:
    folder.mkdir()
    executable = folder / "mvn"
    executable.write_text(f"#!/bin/sh\n{script}\n")
    executable.chmod(0o755)


def test_folder_is_that_of_the_variable_else_of_the_users_cache(tmp_path: Path) -> None:
    assert jars_folder({"GRESS_JARS": str(tmp_path)}) == tmp_path
    assert jars_folder({"XDG_CACHE_HOME": "/cache"}) == Path("/cache/gress-ml/jars")
    assert jars_folder({}) == Path.home() / ".cache" / "gress-ml" / "jars"


@pytest.mark.parametrize(
    ("part", "name", "command"),
    [
        (CONNECTOR, "Kafka's connector", "gress jars fetch$"),
        (BROKER, "Kafka's broker", "gress jars fetch --broker$"),
        (JDBC, "the connector of PostgreSQL", "gress jars fetch --jdbc$"),
    ],
)
def test_missing_jars_name_the_command_that_fetches_them(part: str, name: str, command: str, tmp_path: Path) -> None:
    missing = f"{name}: expected .* in {tmp_path}/{part}, got nothing there; {command}"
    with pytest.raises(JobError, match=missing):
        find_jars(part, tmp_path)


def test_of_two_connectors_the_latest_fetched_is_taken(tmp_path: Path) -> None:
    old = _jar(tmp_path / CONNECTOR / "flink-sql-connector-kafka-9.0.0-2.9.jar")
    new = _jar(tmp_path / CONNECTOR / "flink-sql-connector-kafka-5.0.0-2.2.jar")
    os.utime(old, (1, 1))
    assert connector_jar(tmp_path) == new


@pytest.mark.parametrize("content", [b"<html>not found</html>", b""], ids=["a page", "empty"])
def test_what_is_no_jar_is_refused(content: bytes, tmp_path: Path) -> None:
    jar = _jar(tmp_path / CONNECTOR / "flink-sql-connector-kafka-5.0.0-2.2.jar")
    jar.write_bytes(content)
    with pytest.raises(JobError, match=r"jar .*: expected org/apache/flink/.* in it, got .*; remove it and gress jars"):
        connector_jar(tmp_path)


def test_fetching_without_maven_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(JobError, match="mvn: expected Maven on PATH, got none; install it: apt-get install maven"):
        fetch_jars(tmp_path / "jars")


def test_url_makes_no_local_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(JobError, match="expected a folder of this machine, got a URL; name another"):
        fetch_jars(Path("s3://bucket/jars"))
    assert list(tmp_path.iterdir()) == []


def test_what_maven_says_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _maven(tmp_path / "bin", "echo '[ERROR] Could not transfer artifact'; exit 1")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(JobError, match="mvn: failed: Could not transfer artifact; check the network"):
        fetch_jars(tmp_path / "jars")
    assert list((tmp_path / "jars").iterdir()) == []


def test_fetched_jars_take_the_place_of_earlier_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = _jar(tmp_path / "flink-sql-connector-kafka-5.0.0-2.2.jar")
    _jar(tmp_path / "jars" / CONNECTOR / "flink-sql-connector-kafka-4.0.1-2.0.jar")
    copy = 'for each; do case $each in -Dgress.jars=*) to=${each#*=};; esac; done; mkdir "$to/connector"'
    _maven(tmp_path / "bin", f'{copy}; cp {fresh} "$to/connector"')
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    fetched = fetch_jars(tmp_path / "jars")
    assert fetched == [tmp_path / "jars" / CONNECTOR / fresh.name]
    assert list((tmp_path / "jars" / CONNECTOR).iterdir()) == fetched


def test_the_list_of_jars_is_found() -> None:
    assert "flink-sql-connector-kafka" in pom_file().read_text(encoding="utf-8")
