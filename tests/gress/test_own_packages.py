"""A user's folder that hides a package of ours is named, with what to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gress.own_packages import OURS
from tests.structure.source_tree import PACKAGES

PROGRAM = "import gress; gress.load_settings()"


def start(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False)


def write(folder: Path, name: str, *, is_file: bool) -> Path:
    """Write a user's module, and return what Python takes for the name."""
    path = folder / f"{name}.py" if is_file else folder / name / "__init__.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine = True\n", "utf-8")
    return path if is_file else path.parent


def test_all_packages_are_looked_at() -> None:
    assert {*OURS, "gress"} == set(PACKAGES)


@pytest.mark.parametrize("is_file", [True, False], ids=["module", "package"])
@pytest.mark.parametrize("name", ["models", "jobs"])
def test_a_program_is_told_what_hides_what(name: str, is_file: bool, tmp_path: Path) -> None:
    found = write(tmp_path, name, is_file=is_file)
    (tmp_path / "program.py").write_text(PROGRAM, "utf-8")
    done = start(tmp_path, "program.py")
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"ImportError: {found} hides gress-ml's package {name!r} in ")
    assert "rename yours, start from another folder, or" in last


@pytest.mark.skipif(sys.version_info < (3, 11), reason="python -P is of 3.11")
def test_python_minus_p_is_a_way_out(tmp_path: Path) -> None:
    write(tmp_path, "models", is_file=False)
    (tmp_path / "program.py").write_text(PROGRAM, "utf-8")
    assert start(tmp_path, "-P", "program.py").returncode == 0


def test_the_command_says_it_in_a_line(tmp_path: Path) -> None:
    write(tmp_path, "conf", is_file=False)
    done = start(tmp_path, "-m", "gress.cli.main", "--version")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "hides gress-ml's package 'conf'" in line


@pytest.mark.parametrize("name", ["models", "data"])
def test_a_folder_without_modules_hides_nothing(name: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / "program.py").write_text(PROGRAM, "utf-8")
    assert start(tmp_path, "program.py").returncode == 0
