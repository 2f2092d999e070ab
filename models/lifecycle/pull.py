"""Copies of versions into a folder that is a registry itself."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from conf.folders.urls import is_url
from models.errors import ModelError, fail
from models.lifecycle.open_registry import require_open
from models.registry.location import local_registry
from models.version import Version

if TYPE_CHECKING:
    from models.registry import Registry

_STAGED = ".pull-"
_UNFINISHED_S = 86_400.0


def pull(registry: Registry, name: str, version: str, target: Path) -> Path:
    """Copy artifact and model.json to ``<target>/<name>/<version>/``, in full or not at all; return that folder.

    ``target`` is then itself a registry, without deployments. The copy's checksum is verified.

    Args:
        registry: registry to copy from.
        name: name of the model.
        version: version to copy; "" is the primary.
        target: folder to copy to; created if missing.

    Raises:
        ModelError: there is no such version, it is in the folder already, the folder is a URL, or it cannot be written.
    """
    require_open(registry)
    if is_url(target):
        fail(f"folder {target}", "is a URL, and copies are for this machine", "name a local or mounted folder")
    spec, artifact = registry.resolve(name, version)
    if target.is_dir() and Version.parse(spec.version) in local_registry(target).versions(name):
        raise _is_there(spec.ref, target)
    folder = target / name / spec.version
    staged = None
    try:
        target.mkdir(parents=True, exist_ok=True)
        _remove_left(target)
        staged = Path(tempfile.mkdtemp(prefix=_STAGED, dir=target))
        local_registry(staged).publish(spec, artifact)
        folder.parent.mkdir(exist_ok=True)
        if folder.exists():
            raise _is_there(spec.ref, target)
        (staged / name / spec.version).rename(folder)
    except OSError as error:
        fail(
            f"folder {target}",
            f"cannot be written: {(error.strerror or 'an error').lower()}",
            "check who may write there",
        )
    finally:
        if staged is not None:
            shutil.rmtree(staged, ignore_errors=True)
    return folder


def _remove_left(target: Path) -> None:
    """Remove the files of a copy that was killed."""
    oldest = time.time() - _UNFINISHED_S
    for path in target.glob(f"{_STAGED}*"):
        if path.stat().st_mtime < oldest:
            shutil.rmtree(path, ignore_errors=True)


def _is_there(ref: str, target: Path) -> ModelError:
    return ModelError(ref, f"is already in {target}", "remove it there, or name another folder")
