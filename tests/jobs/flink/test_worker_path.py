from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from jobs.errors import JobError
from jobs.flink.worker_path import keep_current_folder_off


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    # Set and deleted, so that the test's own value goes again.
    monkeypatch.setenv("PYTHONSAFEPATH", "")
    monkeypatch.delenv("PYTHONSAFEPATH")
    return tmp_path


def test_nothing_is_changed_where_nothing_hides(folder: Path) -> None:
    (folder / "models").mkdir()
    keep_current_folder_off()
    assert "PYTHONSAFEPATH" not in os.environ


@pytest.mark.skipif(sys.version_info < (3, 11), reason="the variable is of 3.11")
@pytest.mark.parametrize("path", ["models.py", "jobs/__init__.py"])
def test_workers_leave_the_folder_out(path: str, folder: Path) -> None:
    (folder / path).parent.mkdir(exist_ok=True)
    (folder / path).touch()
    keep_current_folder_off()
    assert os.environ["PYTHONSAFEPATH"] == "1"


def test_an_older_python_refuses(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "models.py").touch()
    monkeypatch.setattr(sys, "version_info", (3, 10, 14))
    with pytest.raises(JobError, match="no package named models, which would hide gress-ml's from the workers"):
        keep_current_folder_off()
