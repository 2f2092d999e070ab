"""Somebody who follows a page: saves its files and types its commands, without a process for each."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from tests.support.pages import Block


@dataclass(frozen=True)
class Reader:
    """A reader in a folder of their own."""

    folder: Path

    def save(self, block: Block) -> str:
        """Save a file of the page under its name."""
        (self.folder / block.title).write_text(block.text, encoding="utf-8")
        return block.text

    def type(self, words: list[str]) -> str:
        """Run a command, which must end well, and return what it printed."""
        if words[:2] == ["gress", "sql-client"]:
            # Flink's client writes to the terminal, not through Python.
            return self._python(["-m", "gress.cli.main", *words[1:]])
        return self._python(words[1:]) if words[0] == "python" else type_here(words)

    def _python(self, arguments: list[str]) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], capture_output=True, text=True, check=False, cwd=self.folder
        )
        assert done.returncode == 0, f"{arguments}\n{done.stdout}{done.stderr}"
        return done.stdout


def type_here(words: list[str]) -> str:
    """Run a command of `gress` in this process, whose JVM the runs share; it must end well and say something."""
    from gress.cli.main import app

    assert words[0] == "gress", words
    with redirect_stdout(io.StringIO()) as out:
        status = app(words[1:], standalone_mode=False)
    assert status in (None, 0), f"{words}\n{out.getvalue()}"
    assert out.getvalue().strip(), words
    return out.getvalue()


@contextmanager
def reading(folder: Path) -> Iterator[Reader]:
    """Let a reader work in an emptied folder, without settings of this shell.

    Args:
        folder: the JVM's current folder, in which workers look for a registry with a relative path.
    """
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    before = Path.cwd()
    settings = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("GRESS_")}
    os.chdir(folder)
    try:
        yield Reader(folder)
    finally:
        os.chdir(before)
        os.environ.update(settings)
