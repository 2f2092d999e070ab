"""Retirement and deletion of versions that shall not serve any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.errors import fail
from models.lifecycle.promotion import named_version

if TYPE_CHECKING:
    from models.registry import Registry


def retire(registry: Registry, name: str, version: str, *, by: str = "", why: str = "") -> str:
    """Take a version out of use and return it in full; it stays in the registry and is never promoted again.

    Raises:
        ModelError: the version is not named or not there, it serves, or a rollback would return to it.
    """
    version = named_version(registry, name, version, "retired")
    # Before the first promotion a job takes the highest version. Without it the job would take another version that
    # nobody promoted.
    if registry.deployments(name).latest() is None and registry.spec(name).version == version:
        fail(
            f"model {name}@{version}",
            "cannot be retired: it serves, as the highest version of a model that was never promoted",
            "promote another version first, or delete it",
        )
    registry.retire(name, version, by=by, why=why)
    return version


def delete(registry: Registry, name: str, version: str) -> str:
    """Remove a version with all its files and return it in full.

    Raises:
        ModelError: the version is not named or not there, it serves, or a rollback would return to it.
    """
    version = named_version(registry, name, version, "deleted")
    registry.delete(name, version)
    return version
