"""Models, versions and deployments of a registry as records of builtins, for people and programs to read."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from models.lifecycle.open_registry import require_open
from models.lifecycle.promotion import known_versions
from models.registry.deployment import Action
from models.registry.records import Record
from models.registry.registry import State
from models.spec import ModelSpec

if TYPE_CHECKING:
    from models.registry import Registry

# A registry over the network answers in tens of milliseconds; a model has a few small files for each version.
_READERS = 16
_Item = TypeVar("_Item")
_Found = TypeVar("_Found")


@dataclass(frozen=True)
class ModelSummary:
    """A model.

    Attributes:
        versions: number of versions.
        latest: the highest version, pre-releases included.
        primary: the version that was promoted last; None: nobody promoted one, and the highest release serves.
        previous: the version that a rollback returns to.
        generation: number of the last deployment; 0: there was none.
        states: number of versions in each state.
    """

    name: str
    versions: int
    latest: str
    primary: str | None
    previous: str | None
    generation: int
    states: Mapping[State, int]


@dataclass(frozen=True)
class VersionSummary:
    """A version of a model; ``size_bytes`` is None if the artifact is not on this machine."""

    name: str
    version: str
    state: State
    type: str
    task: str
    size_bytes: int | None
    feature_set: str | None
    created_at: dt.datetime | None
    tags: tuple[str, ...]
    description: str


@dataclass(frozen=True)
class VersionDetails:
    """Everything the registry holds about a version."""

    registry: str
    state: State
    spec: ModelSpec
    records: tuple[Record, ...]


@dataclass(frozen=True)
class Rejection:
    """A running job's refusal of the version that a generation deployed."""

    version: str
    reason: str
    by: str
    at: dt.datetime


@dataclass(frozen=True)
class GenerationSummary:
    """One deployment, and the running jobs that rejected it."""

    generation: int
    action: Action
    primary: str
    previous: str | None
    experiment: str | None
    by: str
    why: str
    at: dt.datetime
    rejections: tuple[Rejection, ...]


def list_models(registry: Registry) -> tuple[ModelSummary, ...]:
    """List all models, by name.

    Raises:
        ModelError: the registry is not open.
    """
    require_open(registry)
    return tuple(_summary(registry, name) for name in registry.names())


def list_versions(
    registry: Registry, name: str, describe: Callable[[ModelSpec], ModelSpec] | None = None
) -> tuple[VersionSummary, ...]:
    """List all versions of a model, lowest first.

    Args:
        registry: the registry.
        name: name of the model.
        describe: function that returns a spec with the texts to list; None: those of the registry.

    Raises:
        ModelError: there is no such model.
    """
    versions = map(str, known_versions(registry, name))
    return tuple(_each(versions, lambda version: _version(registry, registry.spec(name, version), describe)))


def show(registry: Registry, name: str, version: str = "") -> VersionDetails:
    """Return the details of a version; "" is the primary.

    Raises:
        ModelError: there is no such model or version, or the registry is not open.
    """
    require_open(registry)
    spec = registry.spec(name, version)
    state = registry.state(name, spec.version)
    return VersionDetails(registry.url, state, spec, registry.records(name, spec.version))


def history(registry: Registry, name: str) -> tuple[GenerationSummary, ...]:
    """List all deployments of a model, lowest first.

    Raises:
        ModelError: there is no such model.
    """
    versions = [str(version) for version in known_versions(registry, name)]
    noted = zip(versions, _each(versions, lambda version: registry.records(name, version)), strict=True)
    rejections: dict[int | None, list[Rejection]] = {}
    for version, records in noted:
        for record in records:
            if record.kind == "rejected":
                found = Rejection(version, record.reason, record.by, record.at)
                rejections.setdefault(record.generation, []).append(found)
    return tuple(
        GenerationSummary(
            generation=each.generation,
            action=each.action,
            primary=each.primary,
            previous=each.previous,
            experiment=each.experiment,
            by=each.by,
            why=each.why,
            at=each.at,
            rejections=tuple(rejections.get(each.generation, ())),
        )
        for each in registry.deployments(name).history()
    )


def _summary(registry: Registry, name: str) -> ModelSummary:
    versions = [str(version) for version in known_versions(registry, name)]
    deployed = registry.deployments(name).latest()
    states = Counter(_each(versions, lambda version: registry.state(name, version)))
    return ModelSummary(
        name=name,
        versions=len(versions),
        latest=versions[-1],
        primary=deployed.primary if deployed else None,
        previous=deployed.previous if deployed else None,
        generation=deployed.generation if deployed else 0,
        states=dict(sorted(states.items())),
    )


def _version(
    registry: Registry, spec: ModelSpec, describe: Callable[[ModelSpec], ModelSpec] | None
) -> VersionSummary:
    spec = spec if describe is None else describe(spec)
    return VersionSummary(
        name=spec.name,
        version=spec.version,
        state=registry.state(spec.name, spec.version),
        type=spec.type,
        task=spec.task,
        size_bytes=_size_bytes(registry, spec),
        feature_set=spec.feature_set,
        created_at=spec.created_at,
        tags=spec.tags,
        description=spec.description,
    )


def _size_bytes(registry: Registry, spec: ModelSpec) -> int | None:
    if registry.store.folder is None:
        return None
    _, path = registry.resolve(spec.name, spec.version)
    return path.stat().st_size


def _each(items: Iterable[_Item], read: Callable[[_Item], _Found]) -> list[_Found]:
    with ThreadPoolExecutor(_READERS) as pool:
        return list(pool.map(read, items))
