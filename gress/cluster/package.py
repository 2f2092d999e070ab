"""Shipping of this package to workers, as a folder on their Python path."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

from conf.settings import Settings
from jobs.errors import refuse
from jobs.workers.start import MODULES

PACKAGES = ("conf", "gress", "jobs", "models", "state", "udfs")


def stage_package(folder: Path, wheel: Path | None = None) -> Path:
    """Copy this package to a folder for shipping, and return the folder.

    The wheel itself would not do: Python can import from a wheel, but the settings and models of the package must be
    files.

    Args:
        folder: new folder.
        wheel: wheel whose content is shipped; None: the running package, installed or a checkout.

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


def worker_modules(settings: Settings) -> tuple[str, ...]:
    """Return what a job's workers import as they start: what all need, and a store's library where the job has it."""
    store = settings.ml.feature_store
    return (*MODULES, "redis") if store.enabled and store.backend == "redis" else MODULES


def _ignored(_: str, names: list[str]) -> set[str]:
    # The names of a registry's half-written versions begin with a dot.
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
