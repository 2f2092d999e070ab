"""Bytes of a model file, and the errors for missing, empty and unreadable ones."""

from __future__ import annotations

from pathlib import Path

from models.errors import ModelError


def model_bytes(path: Path, kind: str, content: bytes | None) -> bytes:
    """Return the bytes of a model file: ``content`` where they were read already.

    Raises:
        ModelError: the path is no file, cannot be read, or is empty.
    """
    if content is None and not path.is_file():
        raise ModelError.of_file(
            path,
            f"is not a file; expected {kind}",
            "check the path or the registry's base_path",
        )
    try:
        found = path.read_bytes() if content is None else content
    except OSError as error:
        raise ModelError.of_file(path, f"cannot be read: {error.strerror}") from error
    if not found:
        raise ModelError.of_file(path, f"is empty (0 bytes); expected {kind}", "copy or export it again")
    return found


def unreadable(path: Path, content: bytes, kind: str, reason: object) -> ModelError:
    """Return the error for a file whose content a runtime refuses; it shows the size and first bytes."""
    first_line = str(reason).strip().splitlines()[0] if str(reason).strip() else type(reason).__name__
    return ModelError.of_file(
        path,
        f"({len(content)} bytes, begins {content[:16]!r}) is not {kind}: {first_line}",
        "it is corrupt, cut off or of another format: copy or export it again",
    )
