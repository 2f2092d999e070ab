"""The code that the stages run, by a digest.

A TaskManager's process has one Python inside, for all jobs that come there. It imports this package once, from the
files of the first job; the next job may bring another version.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_PACKAGES = ("state.sliding", "udfs.windows")


def code_digest(packages: Sequence[str] = _PACKAGES) -> str:
    """Return a digest of the modules of packages, those that windows use, wherever they lie."""
    found = hashlib.sha256()
    for package in packages:
        for name, source in sorted(_sources(files(package), package)):
            found.update(name.encode() + b"\0" + source + b"\0")
    return found.hexdigest()[:16]


def _sources(folder: Traversable, path: str) -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        name = f"{path}/{entry.name}"
        if entry.name.endswith(".py"):
            yield name, entry.read_bytes()
        elif entry.is_dir() and entry.name != "__pycache__":
            yield from _sources(entry, name)


def check_code(what: str, brought: str, loaded: str) -> None:
    """Refuse to run a job's stage with the code of another version.

    Args:
        what: name of the stage, for the error.
        brought: digest of the files that the job brings.
        loaded: digest of what this process has loaded.

    Raises:
        RuntimeError: they differ.
    """
    if brought != loaded:
        msg = (
            f"{what}: expected the code that the job brings ({brought}), got that of an earlier job ({loaded}), as a "
            "TaskManager loads it once; restart the TaskManager"
        )
        raise RuntimeError(msg)
