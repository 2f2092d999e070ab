"""Objects under a base, in a folder or in an object store, with one kind of error."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import ModelError
from models.registry.errors import RegistryError, describe

if TYPE_CHECKING:
    from obstore.store import ObjectStore as Backend


class ObjectStore:
    """Reads, lists, creates and deletes objects; an object that is there is never replaced.

    Args:
        backend: Of obstore, with the base as its prefix; None: the folder.
        url: Of the base, for error texts; holds no credentials.
        folder: The base, where it is a folder of this machine.
    """

    def __init__(self, backend: Backend | None, url: str, folder: Path | None = None) -> None:
        self.url = url
        self.folder = folder
        self._opened: Any = backend

    def prepare(self) -> None:
        """Makes the folder, where it is one."""
        if self.folder is not None:
            with self._errors("write", ""):
                self.folder.mkdir(parents=True, exist_ok=True)

    @property
    def _backend(self) -> Any:
        if self._opened is None and self.folder is not None:
            from obstore.store import LocalStore

            if not self.folder.is_dir():
                subject = f"model registry {self.url}"
                raise ModelError(subject, "is not a folder", "check model_registry.base_path")
            self._opened = LocalStore(self.folder)
        return self._opened

    def read(self, path: str) -> bytes | None:
        """Bytes of an object; None: it is not there."""
        import obstore

        with self._errors("read", path):
            try:
                return bytes(obstore.get(self._backend, path).bytes())
            except FileNotFoundError:
                return None

    def create(self, path: str, content: bytes | Path) -> bool:
        """Writes an object in full or not at all; False: it is there already, and stays as it is."""
        import obstore
        from obstore.exceptions import AlreadyExistsError

        with self._errors("write", path):
            try:
                # Of several parts the last would decide, and it cannot ask whether the object is there.
                obstore.put(self._backend, path, content, mode="create", use_multipart=False)
            except (AlreadyExistsError, FileExistsError):
                return False
        return True

    def download(self, path: str, target: Path) -> bool:
        """Copies an object to a file, in full or not at all; False: it is not there."""
        import obstore

        part = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
        try:
            with self._errors("read", path):
                try:
                    stream = obstore.get(self._backend, path).stream()
                except FileNotFoundError:
                    return False
                with part.open("wb") as file:
                    for chunk in stream:
                        file.write(chunk)
                    file.flush()
                    os.fsync(file.fileno())
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        return True

    def files(self, prefix: str = "") -> list[str]:
        """Paths of all objects below a prefix, from the base, sorted."""
        import obstore

        with self._errors("list", prefix):
            found = [item["path"] for items in obstore.list(self._backend, prefix or None) for item in items]
        return sorted(found)

    def folders(self, prefix: str = "") -> list[str]:
        """Names of the folders right below a prefix, sorted."""
        import obstore

        with self._errors("list", prefix):
            found = obstore.list_with_delimiter(self._backend, prefix or None)["common_prefixes"]
        return sorted(path.rstrip("/").rpartition("/")[2] for path in found)

    def delete(self, path: str) -> None:
        """Removes an object; that it is not there is no error."""
        import obstore

        with self._errors("delete", path):
            try:
                obstore.delete(self._backend, path)
            except FileNotFoundError:
                return

    @contextmanager
    def _errors(self, operation: str, path: str) -> Iterator[None]:
        from obstore.exceptions import BaseError

        try:
            yield
        except RegistryError:
            raise
        except (BaseError, OSError) as error:
            raise describe(error, f"{self.url}/{path}".rstrip("/"), operation) from error
