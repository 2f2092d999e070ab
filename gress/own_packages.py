"""Check that a user's folder does not hide our packages: Python takes the first of a name on its path."""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path

OURS = ("conf", "models", "state", "udfs", "jobs")


def check_own_packages() -> None:
    """Refuse to go on where another package has the name of one of ours and comes first.

    Raises:
        ImportError: one does; the text says which, where it is, and what to do.
    """
    root = Path(__file__).resolve().parents[1]
    for name in OURS:
        found = _place(name)
        if found is not None and found != root / name:
            raise ImportError(_text(name, found, root))


def _place(name: str) -> Path | None:
    """Return the folder of a package, or the file of a module, that Python takes for a name; None: there is none."""
    try:
        spec: ModuleSpec | None = find_spec(name)
    except ValueError:  # a module that a program made at run time
        return None
    if spec is None or spec.origin is None:
        return None
    origin = Path(spec.origin).resolve()
    return origin.parent if origin.name == "__init__.py" else origin


def _text(name: str, found: Path, root: Path) -> str:
    safe = "run python -P" if sys.version_info >= (3, 11) else "keep that folder off Python's path"
    return (
        f"{found} hides gress-ml's package {name!r} in {root}: expected ours first on Python's path; "
        f"rename yours, start from another folder, or {safe}"
    )
