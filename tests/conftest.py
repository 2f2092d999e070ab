"""Fixtures of all tests."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import settings

REPOSITORY = Path(__file__).resolve().parents[1]
PACKAGES = ("conf", "models", "state", "udfs", "jobs", "gress")
_BUILT_FROM = (*PACKAGES, "setup.py", "pyproject.toml", "LICENSE", "flink-conf.yaml", "deploy")

# A shared machine is no reason to fail, and a build must not fail on examples that nobody can repeat.
settings.register_profile("work", deadline=None, max_examples=60)
settings.register_profile("build", deadline=None, max_examples=60, derandomize=True)
settings.load_profile("build" if os.environ.get("CI") else "work")


# A shell starts what runs in the background with interrupts ignored, and programs that tests interrupt inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def no_service() -> Callable[[str], NoReturn]:
    """Ends a test whose service cannot be had: skipped where somebody works, failed where a build must test all."""

    def end(reason: str) -> NoReturn:
        if os.environ.get("GRESS_REQUIRE_SERVICES") == "1" or os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)

    return end


@pytest.fixture(scope="session")
def repository() -> Path:
    """Folder of the sources."""
    return REPOSITORY


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of these sources, built once, from a copy: what an earlier build left cannot leak into it."""
    sources = tmp_path_factory.mktemp("sources")
    for name in _BUILT_FROM:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, sources / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, sources / name)
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index"]
    built = subprocess.run(
        [*command, "--wheel-dir", str(folder), str(sources)], capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stdout + built.stderr
    (found,) = folder.glob("*.whl")
    return found
