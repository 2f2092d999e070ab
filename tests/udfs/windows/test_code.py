"""Stages run with the code that their job brings, or not at all."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from udfs.windows.code import check_code

PROGRAM = "from udfs.windows.code import code_digest; print(code_digest())"


def digest_in(folder: Path) -> str:
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_digest_is_that_of_the_code_wherever_it_lies(repository: Path, tmp_path: Path) -> None:
    for package in ("state", "udfs", "conf", "models"):
        shutil.copytree(
            repository / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__", "*.onnx", "*.tflite")
        )
    before = digest_in(tmp_path)
    assert before == digest_in(repository)
    engine = tmp_path / "state" / "sliding" / "engine.py"
    engine.write_text(engine.read_text("utf-8") + "\n", encoding="utf-8")
    assert digest_in(tmp_path) != before


def test_other_code_is_refused_with_the_way_round() -> None:
    check_code("windows", "a", "a")
    with pytest.raises(
        RuntimeError, match=r"^labels: expected the code that the job brings \(a\).*restart the TaskManager"
    ):
        check_code("labels", "a", "b")
