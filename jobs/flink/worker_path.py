"""Python's path in workers, which begins with the current folder: a package there hides one of ours."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from jobs.errors import refuse

_OURS = ("conf", "models", "state", "udfs", "jobs")
_VARIABLE = "PYTHONSAFEPATH"


def keep_current_folder_off() -> None:
    """Keep the current folder off the path of workers, where it holds packages with names of ours.

    Raises:
        JobError: it holds some, and this Python cannot leave it out.
    """
    folder = Path.cwd()
    hiding = _hiding(folder)
    if not hiding:
        return
    if sys.version_info < (3, 11):
        wanted = f"no package named {' or '.join(hiding)}, which would hide gress-ml's from the workers"
        refuse(f"folder {folder}", wanted, "one", "rename it, or start from another folder")
    os.environ[_VARIABLE] = "1"


def _hiding(folder: Path) -> list[str]:
    if folder == Path(__file__).resolve().parents[2]:
        return []
    return [name for name in _OURS if (folder / f"{name}.py").is_file() or (folder / name / "__init__.py").is_file()]
