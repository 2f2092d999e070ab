"""Slots of all shards, gathered for one version."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import orjson

from state.training.shard import EndedSlot

_SLOT, _LAST = "slot|", "last|"
_TOLD = "told|"
_PENDING, _KNOWN = "pending", "known"
_SCORES = ("scores", "served", "shared")
_COUNTS = ("updates", "held_out", "skipped", "rows", "drifts", "models", "unkeyed", "taken_back")


Combine: TypeAlias = Callable[[bytes | None, bytes], bytes]


class GatheredStore(Protocol):
    """Bytes by key."""

    def items(self) -> Iterable[tuple[str, bytes]]:
        """Return all entries."""

    def put(self, key: str, value: bytes) -> None:
        """Write an entry."""

    def remove(self, key: str) -> None:
        """Remove an entry."""


@dataclass(frozen=True)
class GatheredSlot:
    """Slot of all shards.

    Attributes:
        end_ms: its end, ms since 1970.
        report: the report on it.
        versions: newest state of the model of each shard.
        is_new: whether something was learnt.
    """

    end_ms: int
    report: Mapping[str, Any]
    versions: tuple[bytes, ...]
    is_new: bool

    def to_bytes(self) -> bytes:
        """Return the slot as bytes: a line of JSON, then the versions."""
        sizes = [len(version) for version in self.versions]
        head = {"end_ms": self.end_ms, "report": self.report, "sizes": sizes, "is_new": self.is_new}
        return b"".join([orjson.dumps(head), b"\n", *self.versions])

    @classmethod
    def from_bytes(cls, data: bytes) -> GatheredSlot:
        """Return what ``to_bytes`` wrote."""
        line, rest = data.split(b"\n", 1)
        head = orjson.loads(line)
        versions, place = [], 0
        for size in head["sizes"]:
            versions.append(rest[place : place + size])
            place += size
        return cls(head["end_ms"], head["report"], tuple(versions), head["is_new"])


def newest(before: bytes | None, after: bytes) -> bytes:
    """Return the newer of two states of a shard's model."""
    return after


class GatheredSlots:
    """Slots that shards have sent, until they are published; and all that is known of the last version.

    Args:
        store: state, read when it is first needed, as it belongs to the current key.
        combine: function that makes one state of a shard's model of the one so far, if any, and of what came since.
    """

    def __init__(self, store: GatheredStore, combine: Combine = newest) -> None:
        self._store, self._combine = store, combine
        self._read: dict[str, bytes] | None = None

    def add(self, label: int, data: bytes) -> None:
        """Keep a shard's result of a slot."""
        end_ms = EndedSlot.from_bytes(data).end_ms
        self._put(f"{_SLOT}{end_ms}|{label:05d}", data)

    def at(self, end_ms: int) -> GatheredSlot | None:
        """Return what all shards leave of a slot, and drop it; None: it was taken before."""
        prefix = f"{_SLOT}{end_ms}|"
        keys = sorted(key for key in self._entries if key.startswith(prefix))
        if not keys:
            return None
        found = {key.removeprefix(prefix): EndedSlot.from_bytes(self._entries[key]) for key in keys}
        for label, slot in found.items():
            self._remove(f"{prefix}{label}")
            if slot.version is not None:
                last = f"{_LAST}{label}"
                self._put(last, self._combine(self._entries.get(last), slot.version))
        versions = [data for key, data in sorted(self._entries.items()) if key.startswith(_LAST)]
        is_new = any(slot.version is not None for slot in found.values())
        return GatheredSlot(end_ms, self._told(found), tuple(versions), is_new)

    def _told(self, found: Mapping[str, EndedSlot]) -> dict[str, Any]:
        """Return the reports of all shards; the last one again of those without a row in the slot."""
        reports = {
            key.removeprefix(_TOLD): {**orjson.loads(data), "rows": 0}
            for key, data in sorted(self._entries.items())
            if key.startswith(_TOLD)
        }
        reports |= {label: dict(slot.report) for label, slot in found.items()}
        for label, slot in found.items():
            self._put(f"{_TOLD}{label}", orjson.dumps(slot.report))
        return merged([report for _, report in sorted(reports.items())])

    @property
    def known(self) -> dict[str, Any]:
        """Notes of the last version; empty: there was none."""
        data = self._entries.get(_KNOWN)
        found: dict[str, Any] = {} if data is None else orjson.loads(data)
        return found

    def note(self, known: Mapping[str, Any], pending: GatheredSlot | None) -> None:
        """Keep the results, and the slot whose version could not be published; None: there is none."""
        self._put(_KNOWN, orjson.dumps(known))
        if pending is not None:
            self._put(_PENDING, pending.to_bytes())
        elif _PENDING in self._entries:
            self._remove(_PENDING)

    def pending(self) -> GatheredSlot | None:
        """Return the slot whose version could not be published; None: there is none."""
        data = self._entries.get(_PENDING)
        return None if data is None else GatheredSlot.from_bytes(data)

    @property
    def _entries(self) -> dict[str, bytes]:
        if self._read is None:
            self._read = {key: bytes(data) for key, data in self._store.items()}
        return self._read

    def _put(self, key: str, data: bytes) -> None:
        self._entries[key] = data
        self._store.put(key, data)

    def _remove(self, key: str) -> None:
        del self._entries[key]
        self._store.remove(key)


def merged(reports: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the reports of shards, at least one, as one: counts added up, scores as means over the rows learnt.

    >>> first, second = {"updates": 30, "scores": {"mae": 1.0}}, {"updates": 10, "scores": {"mae": 2.0}}
    >>> merged([first, second])
    {'updates': 40, 'scores': {'mae': 1.25}}
    """
    if len(reports) == 1:
        return dict(reports[0])
    found = dict(reports[0])
    for name in _COUNTS:
        if name in found:
            found[name] = sum(report[name] for report in reports)
    if "guard" in found:
        found["guard"] = {name: sum(report["guard"][name] for report in reports) for name in found["guard"]}
    for name in _SCORES:
        if name in found:
            found[name] = _means([(report[name], report["updates"]) for report in reports])
    return found


def _means(scores: Sequence[tuple[Mapping[str, float | None], int]]) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    for name in scores[0][0]:
        values = [(each[name], rows) for each, rows in scores]
        known = [(value, rows) for value, rows in values if value is not None and not math.isnan(value) and rows]
        weight = sum(rows for _, rows in known)
        found[name] = sum(value * rows for value, rows in known) / weight if weight else None
    return found
