"""Checksums of model files."""

from __future__ import annotations

import hashlib
from pathlib import Path

from models.errors import ModelError, fail
from models.spec import ModelSpec

_CHUNK_BYTES = 1 << 20


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
    except OSError as error:
        raise ModelError.of_file(path, f"cannot be read: {error.strerror}") from error
    return digest.hexdigest()


def verified_bytes(spec: ModelSpec, path: Path) -> bytes:
    """Return a file's bytes, read once: those that have the checksum of its spec are those that the caller uses.

    Raises:
        ModelError: the file cannot be read, or its checksum is another one.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError.of_file(path, f"cannot be read: {error.strerror}") from error
    _check(spec, path, hashlib.sha256(content).hexdigest())
    return content


def verify_checksum(spec: ModelSpec, path: Path) -> None:
    """Refuse a file whose checksum differs from its spec."""
    _check(spec, path, file_sha256(path))


def _check(spec: ModelSpec, path: Path, found: str) -> None:
    if found != spec.sha256:
        fail(
            spec.ref,
            f"expects sha256 {spec.sha256}, but {path} has {found}",
            "the file was changed or copied in part: publish it again under a new version",
        )
