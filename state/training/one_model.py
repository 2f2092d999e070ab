"""A shard with one model, which learns all of its samples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from state.training.course import Course, CourseSettings
from state.training.samples import Samples
from state.training.waiting import SampleStore

_KEY = "course"


class OneModel:
    """A student with one model.

    Args:
        settings: of its course.
    """

    def __init__(self, settings: CourseSettings) -> None:
        self._course = Course(settings)
        self._told = 0

    @property
    def taken_back(self) -> int:
        """Updates that were taken back so far."""
        return self._course.taken_back

    def learn(self, store: SampleStore, samples: Samples) -> None:
        """Learn samples in their order."""
        self._course.learn(samples)

    def save(self, store: SampleStore) -> None:
        """Write the model into the shard's state."""
        store.put(_KEY, self._told.to_bytes(8, "little") + self._course.to_bytes())

    def restore(self, entries: Mapping[str, bytes]) -> None:
        """Continue from a state."""
        if _KEY in entries:
            self._told = int.from_bytes(entries[_KEY][:8], "little")
            self._course.restore(entries[_KEY][8:])

    def report(self) -> dict[str, Any]:
        """Return the report on the slot that ends."""
        return {**self._course.report(), "rows": self._course.updates - self._told}

    def version(self) -> bytes | None:
        """Return the state to publish a version of; None: nothing was learnt since the last one."""
        if self._course.updates == self._told:
            return None
        self._told = self._course.updates
        return self._course.model().to_bytes()
