"""Versions that shall not serve any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.errors import ModelError
from models.lifecycle.promotion import named_version

if TYPE_CHECKING:
    from models.registry import Registry


def retire(registry: Registry, name: str, version: str, *, by: str = "", why: str = "") -> str:
    """Takes a version out of use: it stays where it is, and is never promoted again; returns it in full.

    Raises:
        ModelError: It is not there or not named, it serves, or is what a rollback goes to.
    """
    version = named_version(registry, name, version, "retired")
    # Before the first promotion a job takes the highest version: another would serve, and nobody promoted it.
    if registry.deployments(name).latest() is None and registry.spec(name).version == version:
        subject = f"model {name}@{version}"
        problem = "cannot be retired: it serves, as the highest version of a model that was never promoted"
        raise ModelError(subject, problem, "promote another version first, or delete it")
    registry.retire(name, version, by=by, why=why)
    return version


def delete(registry: Registry, name: str, version: str) -> str:
    """Removes a version and all that belongs to it; returns it in full.

    Raises:
        ModelError: It is not there or not named, it serves, or is what a rollback goes to.
    """
    version = named_version(registry, name, version, "deleted")
    registry.delete(name, version)
    return version
