"""Every benchmark is found by its name, from the command line and from the pages that name one."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks.catalogue import BENCHMARKS, described


@pytest.mark.parametrize("module", BENCHMARKS.values())
def test_benchmark_can_be_run(module: str) -> None:
    spec = find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    assert '\nif __name__ == "__main__":\n' in Path(spec.origin).read_text("utf-8")


def test_pages_name_benchmarks_that_are_there(repository: Path) -> None:
    pages = [repository / "README.md", *(repository / "docs").rglob("*.md")]
    text = "\n".join(page.read_text("utf-8") for page in pages)
    named = set(re.findall(r"(?:make\s+bench\s+NAME=|python\s+-m\s+benchmarks\s+)(\w+)", text))
    assert named - set(BENCHMARKS) == set()
    assert len(named) > 20


def test_without_a_name_all_are_listed() -> None:
    lines = described()
    assert [line.split()[0] for line in lines] == sorted(BENCHMARKS)
    assert all(len(line.split()) > 4 for line in lines)


def test_arguments_reach_the_benchmark(tmp_path: Path) -> None:
    path = tmp_path / "settings-text"
    path.write_text("job: 1", "utf-8")
    command = [sys.executable, "-m", "benchmarks", "fuzz", "repeat", str(path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ended.stdout == "the input no longer fails\n"


def test_unknown_name_is_refused() -> None:
    command = [sys.executable, "-m", "benchmarks", "speed"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr == "expected the name of a benchmark, got 'speed'; `python -m benchmarks` lists them\n"
