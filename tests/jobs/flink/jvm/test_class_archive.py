"""The archive of Flink's classes is made once, checked before it is used, and never needed."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from pyflink.find_flink_home import _find_flink_home

from jobs.flink.jvm.class_archive import VARIABLE, cache_folder, quick_jvm
from jobs.flink.jvm.java import JavaHome

_MONTHS_S = 40 * 86_400


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    # The first call of a process sets FLINK_HOME and FLINK_LIB_DIR.
    _find_flink_home()
    for name in ("FLINK_LIB_DIR", "HADOOP_CLASSPATH", "HADOOP_CONF_DIR", "JAVA_TOOL_OPTIONS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("JVM_ARGS", "")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


def java(tmp_path: Path, *, accepts: bool = True, major: int = 17) -> JavaHome:
    """A Java that says whether an archive is good."""
    program = tmp_path / "java" / "bin" / "java"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/asked\nexit {0 if accepts else 1}\n')
    program.chmod(0o755)
    (tmp_path / "java" / "release").write_text('JAVA_VERSION="17"\n')
    (tmp_path / "java" / "lib" / "server").mkdir(parents=True, exist_ok=True)
    (tmp_path / "java" / "lib" / "server" / "classes.jsa").touch()
    return JavaHome(tmp_path / "java", major, "PATH")


def started(home: JavaHome, *, is_short: bool = True) -> tuple[str, str | None]:
    """Arguments and libraries of a JVM that starts now."""
    with quick_jvm(home, is_short=is_short):
        return os.environ.get("JVM_ARGS", ""), os.environ.get("FLINK_LIB_DIR")


def test_short_run_leaves_an_archive_that_the_next_uses(cache: Path, tmp_path: Path) -> None:
    home = java(tmp_path)
    arguments, libraries = started(home)
    (folder,) = cache.iterdir()
    assert f"-XX:ArchiveClassesAtExit={folder}/new-{os.getpid()}.jsa" in arguments
    assert libraries == str(folder / "lib")
    (folder / "new-7.jsa").write_bytes(b"classes")
    arguments, _ = started(home)
    assert f"-XX:SharedArchiveFile={folder}/classes.jsa" in arguments
    assert (folder / "classes.jsa").read_bytes() == b"classes"
    asked = (tmp_path / "asked").read_text()
    assert "-Xshare:on" in asked
    assert f"{folder}/lib/flink-table-planner.jar" in asked
    assert "FLINK_LIB_DIR" not in os.environ
    assert os.environ["JVM_ARGS"] == ""


def test_libraries_are_those_of_flink_with_the_planner_unpacked(cache: Path, tmp_path: Path) -> None:
    from pyflink.find_flink_home import _find_flink_home

    started(java(tmp_path))
    found = {path.name for path in next(cache.iterdir()).joinpath("lib").iterdir()}
    loader = "flink-table-planner-loader-2.3.0.jar"
    flinks = {path.name for path in (Path(_find_flink_home()) / "lib").glob("*.jar")}
    assert found == flinks - {loader} | {"flink-table-planner.jar"}
    assert loader in flinks


def test_archive_that_java_refuses_is_made_anew(cache: Path, tmp_path: Path) -> None:
    home = java(tmp_path, accepts=False)
    started(home)
    (folder,) = cache.iterdir()
    new = folder / "new-7.jsa"
    new.write_bytes(b"half of it")
    # Another JVM may be writing it just now.
    assert "new-7.jsa" not in started(home)[0]
    assert new.exists()
    os.utime(new, (0, 0))
    assert "ArchiveClassesAtExit" in started(home)[0]
    assert not new.exists()


def test_long_run_makes_no_archive_and_uses_one(cache: Path, tmp_path: Path) -> None:
    home = java(tmp_path)
    assert started(home, is_short=False)[0] == ""
    (folder,) = cache.iterdir()
    (folder / "classes.jsa").touch()
    assert "SharedArchiveFile" in started(home, is_short=False)[0]


def test_class_path_with_more_in_it_makes_no_archive(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HADOOP_CLASSPATH", "/more.jar")
    assert started(java(tmp_path))[0] == ""


def test_arguments_of_the_user_stay(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JVM_ARGS", "-Xmx1g")
    assert started(java(tmp_path))[0].startswith("-Xmx1g -XX:ArchiveClassesAtExit=")
    assert os.environ["JVM_ARGS"] == "-Xmx1g"


def no_home() -> Path:
    msg = "Could not determine home directory."
    raise RuntimeError(msg)


@pytest.mark.parametrize(
    "reason", ["old Java", "bare Java", "own libraries", "own arguments", "off", "no place", "no home"]
)
def test_without_a_cache_flink_starts_as_it_is(
    reason: str, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = java(tmp_path, major=11 if reason == "old Java" else 17)
    if reason == "own libraries":
        monkeypatch.setenv("FLINK_LIB_DIR", "/own")
    elif reason == "off":
        monkeypatch.setenv(VARIABLE, "off")
    elif reason == "no place":
        cache.write_text("a file")
    elif reason == "bare Java":
        (home.home / "lib" / "server" / "classes.jsa").unlink()
    elif reason == "own arguments":
        monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-Xshare:off")
    elif reason == "no home":
        monkeypatch.delenv(VARIABLE)
        monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
        monkeypatch.setattr(Path, "home", no_home)
    assert started(home) == ("", "/own" if reason == "own libraries" else None)
    assert not cache.is_dir()


def test_other_java_has_another_archive_and_old_ones_go(cache: Path, tmp_path: Path) -> None:
    home = java(tmp_path)
    started(home)
    (first,) = cache.iterdir()
    long_ago = time.time() - _MONTHS_S
    os.utime(first, (long_ago, long_ago))
    (home.home / "release").write_text('JAVA_VERSION="17.0.99"\n')
    started(home)
    (second,) = cache.iterdir()
    assert second != first


def test_place_of_the_cache(tmp_path: Path) -> None:
    assert cache_folder({"XDG_CACHE_HOME": "/c"}) == Path("/c/gress-ml/jvm")
    assert cache_folder({VARIABLE: str(tmp_path)}) == tmp_path
    assert cache_folder({}) == Path.home() / ".cache/gress-ml/jvm"
    for odd in ("/with space", "/a:b", "/[prod]", "/a\tb"):
        assert cache_folder({VARIABLE: odd}) is None


def test_archive_of_another_run_that_came_too_late_goes(cache: Path, tmp_path: Path) -> None:
    home = java(tmp_path)
    started(home)
    (folder,) = cache.iterdir()
    (folder / "classes.jsa").touch()
    late = folder / "new-8.jsa"
    late.touch()
    os.utime(late, (0, 0))
    assert "SharedArchiveFile" in started(home)[0]
    assert not late.exists()


def test_short_run_does_without_the_second_compiler(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "off")
    monkeypatch.delenv("JVM_ARGS")
    home = java(tmp_path)
    assert started(home)[0] == "-XX:TieredStopAtLevel=1"
    assert started(home, is_short=False)[0] == ""
    assert "JVM_ARGS" not in os.environ
