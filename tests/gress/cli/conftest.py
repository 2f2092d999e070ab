"""The command in this process, in a folder of the test's own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from gress.cli.main import main
from tests.support.commands import Run


@pytest.fixture
def command_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run `gress` without its environment variables, and return exit code, what it printed, and what went wrong."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("GRESS_")]:
        monkeypatch.delenv(name)

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["gress", *map(str, arguments)])
        with pytest.raises(SystemExit) as exit_info:
            main()
        out, err = capsys.readouterr()
        return int(exit_info.value.code or 0), out, err

    return call
