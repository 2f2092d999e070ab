"""Files that killed writers left in a registry's folder: no version has them, and the next writer removes them."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from models.errors import ModelError
from models.version import Version

# The store writes a file under a name with a number at its end, until it is whole.
_STAGED = re.compile(r".+#\d+")
_ARTIFACT = re.compile(r"model(-[0-9a-f]{12})?\.(onnx|tflite)")
_SPEC_FILE = "model.json"
_UNFINISHED_S = 86_400.0
"""Age from which a version is no longer being written."""


def remove_debris(model: Path, version: str, artifact: str) -> None:
    """Remove what killed writers left of a model: files beside a new version's own, and versions without a spec.

    Whoever lost the race for the version reads nothing there any more. Files of other names stay, as somebody put them
    there.

    Args:
        model: folder of the model.
        version: folder of the version that was just published.
        artifact: its file.
    """
    with suppress(OSError):
        oldest = time.time() - _UNFINISHED_S
        found = [*_beside(model / version, artifact, oldest), *_unfinished(model, oldest)]
        for path in found:
            path.unlink(missing_ok=True)
        for folder in {path.parent for path in found}:
            with suppress(OSError):
                folder.rmdir()


def _beside(folder: Path, artifact: str, oldest: float) -> Iterator[Path]:
    for path in folder.iterdir():
        is_left = _STAGED.fullmatch(path.name) and path.stat().st_mtime < oldest
        is_lost = _ARTIFACT.fullmatch(path.name) and path.name != artifact
        if is_left or is_lost:
            yield path


def _unfinished(model: Path, oldest: float) -> Iterator[Path]:
    for folder in model.iterdir():
        if not _is_version(folder) or (folder / _SPEC_FILE).exists():
            continue
        files = [path for path in folder.iterdir() if _STAGED.fullmatch(path.name) or _ARTIFACT.fullmatch(path.name)]
        if all(path.stat().st_mtime < oldest for path in files):
            yield from files


def _is_version(folder: Path) -> bool:
    try:
        Version.parse(folder.name)
    except ModelError:
        return False
    return folder.is_dir()
