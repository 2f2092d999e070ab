"""Copies of remote artifacts on this machine, shared by its worker processes."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from conf.folders.own_folder import make_own_folder
from models.checksum import file_sha256, verify_checksum
from models.errors import ModelError, fail
from models.spec import ModelSpec

_UNUSED_S = 7 * 86_400
_SHA256 = re.compile(r"[0-9a-f]{64}")


class ModelCache:
    """A folder of artifacts by checksum: ``<folder>/<sha256>/<file>``.

    Rules: a file gets its name when it is complete (atomic rename), so processes may share the folder. A file whose
    bytes do not match its checksum is fetched again. A copy that was not used for a week is removed.

    Args:
        folder: the folder; it is made if it does not exist.
        is_shared: the folder was named by somebody who knows who writes to it; else it must be the user's own.
    """

    def __init__(self, folder: Path, *, is_shared: bool = True) -> None:
        self.folder = folder
        self._is_shared = is_shared

    def fetch(self, spec: ModelSpec, download: Callable[[Path], bool]) -> Path:
        """Return the local copy of the artifact; download it if it is missing.

        Raises:
            ModelError: the artifact is not in the registry, or its bytes do not match the checksum in its spec.
        """
        try:
            return self._fetch(spec, download)
        except OSError as error:
            fail(
                f"model cache {self.folder}",
                f"cannot be used: {error.strerror or error}",
                "set model_registry.cache_dir to a folder of your own",
            )

    def _fetch(self, spec: ModelSpec, download: Callable[[Path], bool]) -> Path:
        if not self._is_shared:
            make_own_folder(self.folder)
        target = self.folder / spec.sha256 / spec.file
        if target.is_file() and file_sha256(target) == spec.sha256:
            os.utime(target.parent)
            return target
        self._remove_unused()
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not download(target):
            fail(spec.ref, f"has no file {spec.file} in its registry", "publish it again")
        try:
            verify_checksum(spec, target)
        except ModelError:
            shutil.rmtree(target.parent, ignore_errors=True)
            raise
        return target

    def _remove_unused(self) -> None:
        oldest = time.time() - _UNUSED_S
        try:
            # The folder may hold other people's files, which must stay.
            ours = (path for path in self.folder.iterdir() if _SHA256.fullmatch(path.name))
            folders = [path for path in ours if path.stat().st_mtime < oldest]
        except OSError:
            return  # the folder does not exist yet, or another process is removing copies
        for path in folders:
            shutil.rmtree(path, ignore_errors=True)
