"""The fraud job from the built wheel: nothing of this checkout on anybody's path, functions in worker processes."""

from __future__ import annotations

import json
import os
import re
import site
import subprocess
import sys
import venv
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

STAGES = [
    "imports", "settings", "model", "input", "JVM", "planning", "workers", "first row",
    "from the command to the first row",
]  # fmt: skip


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Bin folder of an environment that has the wheel, and this one's libraries but not its editable install."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=False, symlinks=True)
    (libraries,) = folder.glob("lib/python*/site-packages")
    # A plain path, unlike a site folder, brings no .pth files: the editable install of this checkout stays out.
    (libraries / "libraries.pth").write_text("\n".join(site.getsitepackages()) + "\n")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*command, "--prefix", str(folder), "--ignore-installed", str(wheel)], check=True)
    return folder / "bin"


def clean_environment(folder: Path) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "GRESS"))} | {
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"
    }


def test_packages_come_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    code = "import conf, jobs, models, state, udfs; print([m.__path__[0] for m in (conf, jobs, models, state, udfs)])"
    done = subprocess.run(
        [installed / "python", "-c", code],
        capture_output=True, text=True, check=True, cwd=tmp_path, env=clean_environment(installed),
    )  # fmt: skip
    assert done.stdout.count(str(installed.parent)) == 5


def test_fraud_job_runs_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    command = [installed / "gress", "run", "fraud-detection", "--input", "generator:days=12,customers=60,terminals=200"]
    done = subprocess.run(
        [*command, "--output", "out", "--verbose"],
        capture_output=True, text=True, check=False, cwd=tmp_path, env=clean_environment(installed),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    told = re.findall(r"^ *(\d+\.\d) s  (.+)$", done.stderr, re.MULTILINE)
    assert [name for _, name in told] == STAGES
    assert sum(float(seconds) for seconds, _ in told[:-1]) == pytest.approx(float(told[-1][0]), abs=0.1 * len(told))
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["events"] == summary["predictions"] > 500
    assert (summary["model"], summary["version"]) == ("fraud-detector", "2.0.0")
