"""Publication of what slots leave: a version in the registry, a snapshot to read, and its promotion."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from conf.learning.learner import ADAPTED
from conf.learning.learning_choice import JobLearning
from conf.settings import JobSettings
from models.errors import ModelError
from models.learned.learned_version import LearnedVersion
from models.learned.promote import promote_learned
from models.learned.publish import TakenError, publish_learned
from models.learned.series import Series, next_series
from models.learned.snapshots import Snapshots, open_snapshots
from models.registry import Registry, open_registry
from state.training.gathered import GatheredSlot
from udfs.learning.learned import FeatureNames, learned_version
from udfs.learning.settings import course_of


class Published(NamedTuple):
    """Result of a publication.

    Attributes:
        told: sentence about it, for the log.
        known: record that the next publication needs.
        is_pending: it could not be published; try again.
    """

    told: dict[str, Any]
    known: dict[str, Any]
    is_pending: bool = False


Publish = Callable[[GatheredSlot, dict[str, Any]], Published]
"""A function that publishes the result of a slot, and gets the record that the last one left."""


@dataclass(frozen=True)
class Publisher:
    """A `Publish`. What it repeats after a failure changes nothing.

    Attributes:
        job: settings of the job.
        learning: of its learning.
        features: names of the model's columns, and of the set that they are of.
        clock: function that returns the present time.
    """

    job: JobSettings
    learning: JobLearning
    features: FeatureNames
    clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.timezone.utc)

    def __call__(self, slot: GatheredSlot, known: dict[str, Any]) -> Published:
        """Publish the result of a slot, if something was learnt."""
        about = {"job": self.job.name, "model": self.learning.model_name, "ended_at": slot.end_ms}
        if not slot.is_new or self.learning.learner.algorithm in ADAPTED:
            return Published(about, known)
        first_ms = known.get("first_ms", slot.end_ms)
        number = (slot.end_ms - first_ms) // self.learning.checkpoint_interval_ms + 1
        about["slot"], known = number, {**known, "first_ms": first_ms}
        try:
            learned, version = self._publish(slot, number, known.get("version"))
        except Exception as error:
            problem = str(error) if isinstance(error, ModelError) else f"{type(error).__name__}: {error}"
            return Published({**about, "problem": problem}, known, is_pending=True)
        told = {**about, "version": version, **self._use(learned, version, slot.report)}
        return Published(told, {**known, "version": version})

    def _publish(self, slot: GatheredSlot, number: int, last: str | None) -> tuple[LearnedVersion, str]:
        """Publish the result of a slot, and return it with its version."""
        name, registry = self.learning.model_name, open_registry(self.learning.registry)
        series = self._next_series(registry) if last is None else Series.of(last)
        learned = self._learned(slot, last)
        try:
            publication = publish_learned(registry, name, series.version(number), learned, created_at=self.clock())
        except TakenError:
            # Another run, with other events or settings, has published this slot: from here on they are two series.
            series = self._next_series(registry)
            publication = publish_learned(registry, name, series.version(number), learned, created_at=self.clock())
        return learned, publication.spec.version

    def _use(self, learned: LearnedVersion, version: str, report: Mapping[str, Any]) -> dict[str, Any]:
        """Write the snapshot of a version and promote it; a failure here is reported, and the version stays."""
        told: dict[str, Any] = {}
        try:
            self._snapshots().write(self.learning.model_name, version, learned)
            if self.learning.promote:
                told |= self._promote(open_registry(self.learning.registry), version, report)
        except ModelError as error:
            told["problem"] = f"version {version} is published, but {error}"
        return told

    def _snapshots(self) -> Snapshots:
        return open_snapshots(self.learning.checkpoint_dir, self.learning.keep, registry=self.learning.registry)

    def _next_series(self, registry: Registry) -> Series:
        """Return a series above all versions and, where they can be read, all snapshots."""
        name = self.learning.model_name
        try:
            snapshots = self._snapshots().versions(name)
        except ModelError:
            snapshots = ()
        return next_series(registry.versions(name), snapshots)

    def _learned(self, slot: GatheredSlot, parent: str | None) -> LearnedVersion:
        chain = course_of(self.job, self.learning).chain
        return learned_version(self.job, self.learning, chain, slot.versions, self.features, parent)

    def _promote(self, registry: Registry, version: str, report: Mapping[str, Any]) -> dict[str, Any]:
        """Promote a version whose own scores are not worse than those of what served for the same rows."""
        scores, served = report["scores"], report["served"]
        worse = _worse(scores, served, self.learning.guard.margin) if self.learning.is_served else None
        if worse is not None:
            return {"promoted": False, "kept_because": worse}
        result = promote_learned(registry, self.learning.model_name, version)
        if result.deployment is None:
            return {"promoted": False, "kept_because": result.reason}
        return {"promoted": True}


def _worse(own: Mapping[str, float | None], served: Mapping[str, float | None], margin: float) -> str | None:
    """Return why the scores of a version are worse than those of what serves; None: they are not."""
    name = next(iter(own))
    mine, theirs = own[name], served.get(name)
    if mine is None or not math.isfinite(mine):
        return f"its {name} is no number"
    if theirs is None or not math.isfinite(theirs) or mine <= theirs + margin:
        return None
    return f"its {name} is {mine:.4g}, that of what serves {theirs:.4g}, and the margin {margin:g}"


def publisher_of(job: JobSettings, learning: JobLearning) -> Publisher:
    """Return what publishes the versions of a job."""
    return Publisher(job, learning, FeatureNames.of(job))
