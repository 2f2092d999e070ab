"""A virtual environment for each peer, made when it is first wanted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FOLDER = Path(".venv-peers")


class NotInstallableError(Exception):
    """A peer cannot be installed here; the text is the installer's reason."""


def python_of(name: str, requirements: tuple[str, ...], folder: Path = FOLDER) -> Path:
    """Return the interpreter of an environment that has these packages.

    Raises:
        NotInstallableError: the installer refused.
    """
    place = folder / name
    python, stamp = place / "bin" / "python", place / "requirements.txt"
    wanted = "\n".join(requirements)
    if not stamp.is_file() or stamp.read_text("utf-8") != wanted:
        print(f"Installing {', '.join(requirements)} into {place}", file=sys.stderr)
        _run(sys.executable, "-m", "venv", "--clear", str(place))
        _run(str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements)
        stamp.write_text(wanted, "utf-8")
    return python.absolute()


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["it said nothing"]
        raise NotInstallableError(lines[-1])
