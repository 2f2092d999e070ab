"""Places that hold learnt versions: a registry, and the snapshots of a job's checkpoints."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from models.errors import fail
from models.learned.inspection.read_onnx import read_onnx
from models.learned.learned_version import LearnedVersion
from models.learned.snapshots import Snapshots
from models.lineage import Lineage
from models.version import Version

if TYPE_CHECKING:
    from models.registry import Registry
    from models.spec import ModelSpec

# A registry over the network answers in tens of milliseconds, and each version is a file.
_READERS = 16


@dataclass(frozen=True)
class LearnedSummary:
    """One learnt version in a line.

    Attributes:
        name: name of the model.
        version: its version.
        state: its state in the registry, such as ``deployed``; "" for a snapshot.
        updates: labelled rows that it learnt from.
        newest: event time of the newest of them.
        scores: figures by name.
        parent: the version that it continued from; None: it began with nothing.
        learner: name of the algorithm.
        job: name of the job.
    """

    name: str
    version: str
    state: str
    updates: int
    newest: dt.datetime
    scores: Mapping[str, float]
    parent: str | None
    learner: str
    job: str


class LearnedSource(Protocol):
    """A place that holds learnt versions."""

    @property
    def url(self) -> str:
        """The location, for people to read."""

    def names(self) -> tuple[str, ...]:
        """Return the names of models with a learnt version, sorted."""

    def history(self, name: str) -> tuple[LearnedSummary, ...]:
        """Return the learnt versions of a model, lowest first; empty for an unknown model."""

    def read(self, name: str, version: str = "") -> tuple[str, LearnedVersion]:
        """Return a learnt version and its full number; "" is the highest."""


class LearnedInRegistry:
    """The learnt versions in a registry."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    @property
    def url(self) -> str:
        """The location of the registry."""
        return self._registry.url

    def names(self) -> tuple[str, ...]:
        """Return the names of models with a learnt version, sorted."""
        return tuple(name for name in self._registry.names() if self._specs(name))

    def history(self, name: str) -> tuple[LearnedSummary, ...]:
        """Return the learnt versions of a model, lowest first; empty for an unknown model."""

        def summary(found: tuple[ModelSpec, Lineage]) -> LearnedSummary:
            spec, lineage = found
            return _summary(name, spec.version, self._registry.state(name, spec.version), spec.metrics, lineage)

        with ThreadPoolExecutor(_READERS) as pool:
            return tuple(pool.map(summary, self._specs(name)))

    def read(self, name: str, version: str = "") -> tuple[str, LearnedVersion]:
        """Return a learnt version and its full number; "" is the highest.

        Raises:
            ModelError: there is none, or it was not learnt from a stream.
        """
        if not version:
            learned = self._specs(name)
            if not learned:
                self._registry.spec(name)  # raises an error that lists the models there are
                fail(f"model {name}", f"has no learnt version in {self.url}", "`gress learn list` shows which have")
            version = learned[-1][0].version
        spec, path = self._registry.resolve(name, version)
        if spec.lineage is None:
            fail(spec.ref, "was not learnt from a stream", "`gress models show` tells what it is")
        found = LearnedVersion(read_onnx(path), spec.lineage, spec.metrics, spec.feature_set, spec.feature_set_hash)
        return spec.version, found

    def _specs(self, name: str) -> list[tuple[ModelSpec, Lineage]]:
        """Return the specs of learnt versions with their lineage, lowest version first."""
        versions = map(str, self._registry.versions(name))
        with ThreadPoolExecutor(_READERS) as pool:
            specs = pool.map(lambda version: self._registry.spec(name, version), versions)
            return [(spec, spec.lineage) for spec in specs if spec.lineage is not None]


class LearnedInSnapshots:
    """The learnt versions in the snapshots of a job's checkpoints."""

    def __init__(self, snapshots: Snapshots) -> None:
        self._snapshots = snapshots

    @property
    def url(self) -> str:
        """The location of the snapshots."""
        return self._snapshots.url

    def names(self) -> tuple[str, ...]:
        """Return the names of models with a snapshot, sorted."""
        return self._snapshots.names()

    def history(self, name: str) -> tuple[LearnedSummary, ...]:
        """Return the snapshots of a model, lowest version first; empty for an unknown model."""

        def summary(version: Version) -> LearnedSummary:
            full, learned = self._snapshots.read(name, str(version))
            return _summary(name, full, "", learned.known_scores, learned.lineage)

        with ThreadPoolExecutor(_READERS) as pool:
            return tuple(pool.map(summary, self._snapshots.versions(name)))

    def read(self, name: str, version: str = "") -> tuple[str, LearnedVersion]:
        """Return a snapshot and its version in full; "" is the highest.

        Raises:
            ModelError: there is none, or it cannot be read.
        """
        return self._snapshots.read(name, version)


def only_name(source: LearnedSource) -> str:
    """Return the name of the only model with a learnt version.

    Raises:
        ModelError: there is none, or there are several.
    """
    names = source.names()
    if not names:
        fail(source.url, "holds no learnt model", "a job with ml.online_learning makes them")
    if len(names) > 1:
        fail(source.url, f"holds several learnt models: {', '.join(names)}", "name one")
    return names[0]


def _summary(name: str, version: str, state: str, scores: Mapping[str, float], lineage: Lineage) -> LearnedSummary:
    return LearnedSummary(
        name=name,
        version=version,
        state=state,
        updates=lineage.updates,
        newest=lineage.newest,
        scores=scores,
        parent=lineage.parent,
        learner=lineage.learner,
        job=lineage.job,
    )
