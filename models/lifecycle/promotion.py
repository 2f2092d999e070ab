"""Choice of the version that serves: promotion and rollback."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.checksum import verified_bytes
from models.errors import fail
from models.lifecycle.admission import validate
from models.lifecycle.open_registry import require_open
from models.runtimes.external_data import check_single_file
from models.version import Version

if TYPE_CHECKING:
    from models.registry import Deployment, Registry


def named_version(registry: Registry, name: str, version: str, verb: str) -> str:
    """Return the full version that a user named, once it is found in the registry.

    Raises:
        ModelError: there is no such model or version, or the version is empty.
    """
    there = known_versions(registry, name)
    subject = f"model {name}"
    if not version:
        fail(subject, f"cannot be {verb} without a version", f"it has {', '.join(map(str, there))}")
    wanted = Version.parse(version)
    if wanted not in there:
        fail(subject, f"has no version {wanted} in {registry.url}", f"it has {', '.join(map(str, there))}")
    return str(wanted)


def known_versions(registry: Registry, name: str) -> tuple[Version, ...]:
    """Return the versions of a model, lowest first.

    Raises:
        ModelError: the model has none.
    """
    require_open(registry)
    versions = registry.versions(name)
    if not versions:
        registry.spec(name)  # raises an error that lists the models there are
    return versions


def promote(
    registry: Registry, name: str, version: str, *, by: str = "", why: str = "", force: bool = False
) -> Deployment:
    """Make a version the primary; validate it first if it never passed.

    Args:
        registry: registry of the model.
        name: name of the model.
        version: version to promote; required.
        by: person for the record; "" is user@host.
        why: free text.
        force: promote without validation, and also if the version serves already. Its file must still be one that a
            job loads: whole, and with all weights in it.

    Raises:
        ModelError: the version is not in the registry, is retired, serves already, or does not pass.
    """
    version = named_version(registry, name, version, "promoted")
    deployments = registry.deployments(name)
    if not force:
        latest = deployments.latest()
        if latest is not None and latest.primary == version:
            problem = f"serves already, since generation {latest.chosen_in}"
            fail(f"model {name}@{version}", problem, "there is nothing to do")
    promotable(registry, name, version, by=by, force=force)
    return deployments.promote(version, by=by, why=why)


def promotable(registry: Registry, name: str, version: str, *, by: str = "", force: bool = False) -> str:
    """Return the full version once it may be promoted; validate it first if it never passed.

    Args:
        registry: registry of the model.
        name: name of the model.
        version: version to promote; required.
        by: person for the record; "" is user@host.
        force: do not validate; a file that is damaged or has weights in another file is refused all the same.

    Raises:
        ModelError: the version is not in the registry, is retired, or does not pass.
    """
    version = named_version(registry, name, version, "promoted")
    kinds = {record.kind for record in registry.records(name, version)}
    if "retired" in kinds:
        fail(f"model {name}@{version}", "cannot be promoted: it is retired", "promote another version")
    if force or "validated" in kinds:
        _check_file(registry, name, version)
    else:
        validate(registry, name, version, by=by)
    return version


def rollback(registry: Registry, name: str, *, by: str = "", why: str = "") -> Deployment:
    """Make the previous version the primary again, skipping rejected and retired versions.

    Raises:
        ModelError: there is no version to return to.
    """
    known_versions(registry, name)
    return registry.deployments(name).rollback(by=by, why=why)


def _check_file(registry: Registry, name: str, version: str) -> None:
    spec, path = registry.resolve(name, version)
    content = verified_bytes(spec, path)
    if spec.type == "onnx":
        check_single_file(path, content)
