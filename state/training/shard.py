"""A shard that learns: samples wait for their outcome, are learnt in order, and leave a version a slot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from state.training.samples import Samples
from state.training.slots import Slots
from state.training.waiting import SampleStore, WaitingSamples

_SLOTS = "slots"


class Student(Protocol):
    """Student that learns the samples of a shard."""

    @property
    def taken_back(self) -> int:
        """Updates that were taken back so far."""

    def learn(self, store: SampleStore, samples: Samples) -> None:
        """Learn samples in their order."""

    def save(self, store: SampleStore) -> None:
        """Write what has changed into the shard's state."""

    def restore(self, entries: Mapping[str, bytes]) -> None:
        """Continue from a state: its entries by key, those of others among them."""

    def report(self) -> dict[str, Any]:
        """Return the report on the slot that ends, and begin to count for the next."""

    def version(self) -> bytes | None:
        """Return the state to publish a version of; None: nothing was learnt since the last one."""


@dataclass(frozen=True)
class EndedSlot:
    """End of a slot in one shard.

    Attributes:
        end_ms: its end, ms since 1970.
        report: the report on it.
        version: state of the model to publish; None: nothing was learnt.
    """

    end_ms: int
    report: Mapping[str, Any]
    version: bytes | None

    def to_bytes(self) -> bytes:
        """Return the slot as bytes: a line of JSON, then the version."""
        head = {"end_ms": self.end_ms, "report": self.report}
        return b"\n".join([orjson.dumps(head), b"" if self.version is None else self.version])

    @classmethod
    def from_bytes(cls, data: bytes) -> EndedSlot:
        """Return what ``to_bytes`` wrote."""
        head, version = data.split(b"\n", 1)
        return cls(**orjson.loads(head), version=version or None)


@dataclass(frozen=True)
class Pace:
    """Conditions under which a shard learns.

    Attributes:
        update_rows: rows that are enough for an update.
        update_ms: event time after which fewer rows are an update, too.
        slot_ms: event time between two versions.
    """

    update_rows: int
    update_ms: int
    slot_ms: int


class LearningShard:
    """Samples and model of a shard.

    Args:
        pace: when it learns.
        student: what learns.
        entries: the shard's state; none: it is new.
    """

    def __init__(self, pace: Pace, student: Student, entries: Iterable[tuple[str, bytes]] = ()) -> None:
        self._slots = Slots(pace.slot_ms)
        self._waiting = WaitingSamples(pace.update_rows, pace.update_ms)
        self._student = student
        self._taken = self._taken_back = 0
        found = {key: bytes(data) for key, data in entries}
        if _SLOTS in found:
            self._slots.restore(found[_SLOTS])
        self._waiting.restore(found)
        student.restore(found)

    @property
    def taken_back(self) -> int:
        """Updates that were taken back in the last advance."""
        return self._taken_back

    @property
    def taken(self) -> int:
        """Samples that the last advance took."""
        return self._taken

    @property
    def due_at(self) -> int | None:
        """The watermark with which something is to be done; None: there is none."""
        waiting, slot = self._waiting.due_at(), self._slots.open_ms
        if waiting is None or slot is None:
            return slot - 1 if slot is not None else waiting
        return min(waiting, slot - 1)

    def add(self, store: SampleStore, samples: Samples) -> None:
        """Keep samples, at least one, until their outcome is known."""
        self._waiting.add(store, samples)

    def advance(self, store: SampleStore, watermark: int) -> list[EndedSlot]:
        """Learn the samples that a watermark covers, and return the slots that it ends."""
        found = []
        samples, before = self._waiting.take(store, watermark), self._student.taken_back
        self._taken = 0 if samples is None else len(samples)
        for end_ms, part in self._slots.parts(samples) if samples is not None else ():
            if self._slots.open_ms is not None and end_ms > self._slots.open_ms:
                found.append(self._end())
            self._slots.begin(end_ms)
            self._student.learn(store, part)
        if self._slots.is_past(watermark):
            found.append(self._end())
        if samples is not None or found:
            self._student.save(store)
            store.put(_SLOTS, self._slots.to_bytes())
        self._taken_back = self._student.taken_back - before
        return found

    def _end(self) -> EndedSlot:
        return EndedSlot(self._slots.end(), self._student.report(), self._student.version())
