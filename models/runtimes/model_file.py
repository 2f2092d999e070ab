"""Errors for missing, empty and unreadable model files."""

from __future__ import annotations

from pathlib import Path

from models.errors import ModelError


def check_model_file(path: Path, kind: str) -> None:
    """Refuse a path that is no file, or an empty file."""
    if not path.is_file():
        raise ModelError.of_file(
            path,
            f"is not a file; expected {kind}",
            "check the path or the registry's base_path",
        )
    if path.stat().st_size == 0:
        raise ModelError.of_file(path, f"is empty (0 bytes); expected {kind}", "copy or export it again")


def unreadable(path: Path, kind: str, reason: object) -> ModelError:
    """Return the error for a file whose content a runtime refuses; it shows the size and first bytes."""
    with path.open("rb") as file:
        head = file.read(16)
    size = path.stat().st_size
    first_line = str(reason).strip().splitlines()[0] if str(reason).strip() else type(reason).__name__
    return ModelError.of_file(
        path,
        f"({size} bytes, begins {head!r}) is not {kind}: {first_line}",
        "it is corrupt, cut off or of another format: copy or export it again",
    )
