"""This package as workers get it: its packages in a folder that goes on their Python path."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

from jobs.errors import refuse

PACKAGES = ("conf", "gress", "jobs", "models", "state", "udfs")


def stage_package(folder: Path, wheel: Path | None = None) -> Path:
    """Lay out this package for shipping and return the folder.

    A folder, and not the wheel itself: Python would import from within a wheel, but settings and models that ship
    with the package are files.

    Args:
        folder: new.
        wheel: ship what it holds; None: the package that runs this, installed or a checkout.

    Raises:
        JobError: the wheel cannot be read, or is another package's.
    """
    if wheel is not None:
        _unpack(wheel, folder)
        return folder
    for name in PACKAGES:
        module = __import__(name)
        shutil.copytree(Path(module.__path__[0]), folder / name, ignore=_ignored)
    return folder


def _ignored(_: str, names: list[str]) -> set[str]:
    # Half-written versions of a registry begin with a dot.
    return {name for name in names if name == "__pycache__" or name.startswith(".")}


def _unpack(wheel: Path, folder: Path) -> None:
    subject = f"wheel {wheel}"
    try:
        with zipfile.ZipFile(wheel) as archive:
            missing = set(PACKAGES) - {name.partition("/")[0] for name in archive.namelist()}
            if missing:
                refuse(subject, "gress-ml's", f"one without {', '.join(sorted(missing))}", "make wheel builds it")
            archive.extractall(folder)
    except (OSError, zipfile.BadZipFile) as error:
        refuse(subject, "a wheel", error, "make wheel builds one")
