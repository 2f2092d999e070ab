"""Check that a program gave an open registry, and no place of one."""

from __future__ import annotations

from models.errors import fail


def require_open(registry: object) -> None:
    """Refuse a registry that is not open, such as the path of its folder.

    Raises:
        ModelError: it has no versions to ask for.
    """
    if not hasattr(registry, "versions"):
        got = repr(registry) if isinstance(registry, str) else type(registry).__name__
        fail("registry", f"expected one of gress.open_registry, got {got}", "open it: gress.open_registry('registry')")
