"""Objects under a base, in a folder or in an object store, with one kind of error."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import fail
from models.registry.errors import RegistryError, describe

if TYPE_CHECKING:
    from obstore.store import ObjectStore as Backend

_NO_FOLDER = "check model_registry.base_path; `gress models register` makes it with the first model"


class ObjectStore:
    """A store to read, list, create, replace and delete objects.

    Args:
        backend: store of obstore, with the base as its prefix; None: the folder.
        url: URL of the base, for error texts; holds no credentials.
        folder: the base if it is a folder of this machine.
        transfer: function that makes a backend with time limits for an object of so many bytes; None: use ``backend``.
    """

    def __init__(
        self,
        backend: Backend | None,
        url: str,
        folder: Path | None = None,
        *,
        transfer: Callable[[int], Backend] | None = None,
    ) -> None:
        self.url = url
        self.folder = folder
        self._opened: Any = backend
        self._transfer = transfer

    def prepare(self) -> None:
        """Create the base folder of a local store."""
        if self.folder is not None:
            with self._errors("write", ""):
                self.folder.mkdir(parents=True, exist_ok=True)

    @property
    def _backend(self) -> Any:
        if self._opened is None and self.folder is not None:
            from obstore.store import LocalStore

            if not self.folder.is_dir():
                fail(f"model registry {self.url}", "is not a folder", _NO_FOLDER)
            self._opened = LocalStore(self.folder)
        return self._opened

    def read(self, path: str) -> bytes | None:
        """Return the bytes of an object; None: it does not exist."""
        import obstore

        with self._errors("read", path):
            try:
                return bytes(obstore.get(self._backend, path).bytes())
            except FileNotFoundError as error:
                if "NoSuchBucket" in str(error):
                    raise
                return None

    def create(self, path: str, content: bytes | Path) -> bool:
        """Write an object in full or not at all; return False if it exists already, and leave it unchanged."""
        import obstore
        from obstore.exceptions import AlreadyExistsError

        size_bytes = content.stat().st_size if isinstance(content, Path) else 0
        with self._errors("write", path):
            try:
                # A multipart upload ends with a request that cannot check whether the object exists.
                obstore.put(self._for_bytes(size_bytes), path, content, mode="create", use_multipart=False)
            except (AlreadyExistsError, FileExistsError):
                return False
        return True

    def replace(self, path: str, content: bytes) -> None:
        """Write an object in full or not at all, in the place of one that exists; nothing of a registry is replaced."""
        import obstore

        with self._errors("write", path):
            obstore.put(self._backend, path, content, use_multipart=False)

    def download(self, path: str, target: Path) -> bool:
        """Copy an object to a file, in full or not at all; return False if the object does not exist.

        Raises:
            OSError: the file cannot be written.
        """
        chunks = self._chunks(path)
        if chunks is None:
            return False
        part = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
        try:
            with part.open("wb") as file:
                for chunk in chunks:
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            part.replace(target)
        finally:
            # If the folder is missing, so is the part.
            with suppress(OSError):
                part.unlink(missing_ok=True)
        return True

    def sha256(self, path: str) -> str | None:
        """Return the checksum of an object's bytes; None: it does not exist."""
        chunks = self._chunks(path)
        if chunks is None:
            return None
        digest = hashlib.sha256()
        for chunk in chunks:
            digest.update(chunk)
        return digest.hexdigest()

    def _chunks(self, path: str) -> Iterator[bytes] | None:
        """Return an object's bytes as a stream of any length; None: it does not exist."""
        import obstore

        with self._errors("read", path):
            try:
                size_bytes = obstore.head(self._backend, path)["size"]
                stream = iter(obstore.get(self._for_bytes(size_bytes), path).stream())
            except FileNotFoundError:
                return None
        return self._each(stream, path)

    def _each(self, stream: Iterator[Any], path: str) -> Iterator[bytes]:
        while True:
            # Yield outside the block: an error of the caller is not the store's.
            with self._errors("read", path):
                chunk = next(stream, None)
            if chunk is None:
                return
            yield bytes(chunk)

    def _for_bytes(self, size_bytes: int) -> Any:
        return self._transfer(size_bytes) if self._transfer is not None and size_bytes else self._backend

    def files(self, prefix: str = "") -> list[str]:
        """List the paths of all objects below a prefix, relative to the base, sorted."""
        import obstore

        with self._errors("list", prefix):
            found = [item["path"] for items in obstore.list(self._backend, prefix or None) for item in items]
        return sorted(found)

    def folders(self, prefix: str = "") -> list[str]:
        """List the names of the folders directly below a prefix, sorted."""
        import obstore

        with self._errors("list", prefix):
            found = obstore.list_with_delimiter(self._backend, prefix or None)["common_prefixes"]
        return sorted(path.rstrip("/").rpartition("/")[2] for path in found)

    def delete(self, path: str) -> None:
        """Remove an object; do nothing if it does not exist."""
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
            told = describe(error, f"{self.url}/{path}".rstrip("/"), operation)
            # Drop a remote store's cause: it holds the server's answer, and S3's may repeat key ids and session tokens.
            raise told from (error if self.folder is not None else None)
