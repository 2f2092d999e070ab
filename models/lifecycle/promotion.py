"""Which version serves: promoted on purpose, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.errors import ModelError
from models.lifecycle.admission import validate
from models.version import Version

if TYPE_CHECKING:
    from models.registry import Deployment, Registry


def named_version(registry: Registry, name: str, version: str, verb: str) -> str:
    """The version in full, which is there.

    Raises:
        ModelError: No such model or version, or none is named.
    """
    there = known_versions(registry, name)
    subject = f"model {name}"
    if not version:
        raise ModelError(subject, f"cannot be {verb} without a version", f"it has {', '.join(map(str, there))}")
    wanted = Version.parse(version)
    if wanted not in there:
        problem = f"has no version {wanted} in {registry.url}"
        raise ModelError(subject, problem, f"it has {', '.join(map(str, there))}")
    return str(wanted)


def known_versions(registry: Registry, name: str) -> tuple[Version, ...]:
    """Versions of a model that is there, lowest first.

    Raises:
        ModelError: It has none.
    """
    versions = registry.versions(name)
    if not versions:
        registry.spec(name)  # says what there is instead
    return versions


def promote(
    registry: Registry, name: str, version: str, *, by: str = "", why: str = "", force: bool = False
) -> Deployment:
    """Makes a version the one that serves; one that never passed is validated first.

    Args:
        registry: Where it is.
        name: Of the model.
        version: Which; has to be named.
        by: Who; "" is user@host.
        why: Free text.
        force: Promotes it unvalidated, and again where it serves already.

    Raises:
        ModelError: It is not there, retired, serves already, or does not pass.
    """
    version = named_version(registry, name, version, "promoted")
    kinds = {record.kind for record in registry.records(name, version)}
    subject = f"model {name}@{version}"
    if "retired" in kinds:
        raise ModelError(subject, "cannot be promoted: it is retired", "promote another version")
    deployments = registry.deployments(name)
    if not force:
        latest = deployments.latest()
        if latest is not None and latest.primary == version:
            problem = f"serves already, since generation {latest.generation}"
            raise ModelError(subject, problem, "there is nothing to do")
        if "validated" not in kinds:
            validate(registry, name, version, by=by)
    return deployments.promote(version, by=by, why=why)


def rollback(registry: Registry, name: str, *, by: str = "", why: str = "") -> Deployment:
    """Makes the version that served before the one that serves again; rejected and retired ones are passed over.

    Raises:
        ModelError: There is none.
    """
    known_versions(registry, name)
    return registry.deployments(name).rollback(by=by, why=why)
