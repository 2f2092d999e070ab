"""Model files that cannot be what they should be."""

from __future__ import annotations

from pathlib import Path

from models.errors import ModelError


def check_model_file(path: Path, kind: str) -> None:
    """Refuses a path that is no file, or an empty one."""
    if not path.is_file():
        raise ModelError.of_file(
            path,
            f"is not a file; expected {kind}",
            "check the path or the registry's base_path",
        )
    if path.stat().st_size == 0:
        raise ModelError.of_file(path, f"is empty (0 bytes); expected {kind}", "copy or export it again")


def unreadable(path: Path, kind: str, reason: object) -> ModelError:
    """The error for a file whose content a runtime refuses; shows its size and first bytes."""
    with path.open("rb") as file:
        head = file.read(16)
    size = path.stat().st_size
    first_line = str(reason).strip().splitlines()[0] if str(reason).strip() else type(reason).__name__
    return ModelError.of_file(
        path,
        f"({size} bytes, begins {head!r}) is not {kind}: {first_line}",
        "it is corrupt, cut off or of another format: copy or export it again",
    )
