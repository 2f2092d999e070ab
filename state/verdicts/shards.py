"""Shards of a task: outcomes wait for the look that covers them, are counted, and are saved.

Rules of this file:

- A look at time W counts rows with an earlier event time, those that come after their look at the next one.
- What is saved is what is in memory: a part when it comes, the rows of a look when it is over. Once these outgrow the
  ledger, the ledger is saved in their place. So a row is written a bounded number of times.
- Counting is repeated after a restore row by row in the same order, so sums are the same to the bit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from state.verdicts.ledger import ArmsOf, UnitLedger
from state.verdicts.outcomes import Outcomes, in_order

_LEAST_LOG = 1 << 16


class Store(Protocol):
    """Bytes by key, of the current shard."""

    def items(self) -> Iterable[tuple[str, bytes]]:
        """Return all entries."""

    def put(self, key: str, value: bytes) -> None:
        """Write an entry."""

    def remove(self, key: str) -> None:
        """Remove an entry."""


@dataclass(frozen=True)
class Judged:
    """Settings of an experiment that its shards need.

    Attributes:
        per_unit: for each metric, whether it is the sum of a unit's events.
        interval_ms: event time between looks.
        arms_of: function that returns the variants of points at some shares; it can be pickled.
        counts_scores: keep counts of predictions by outcome.
    """

    per_unit: tuple[bool, ...]
    interval_ms: int
    arms_of: ArmsOf
    counts_scores: bool = False


@dataclass
class _Trial:
    """One experiment in one shard."""

    ledger: UnitLedger
    waiting: dict[int, Outcomes] = field(default_factory=dict)
    next_number: int = 0
    looks: list[int] = field(default_factory=list)
    log_bytes: int = 0
    ledger_bytes: int = 0


class Shards:
    """The experiments in the shards of a task.

    Args:
        experiments: by name.
        store: state of the current shard, which the caller sets before each call.
    """

    def __init__(self, experiments: Mapping[str, Judged], store: Store) -> None:
        self._experiments = experiments
        self._store = store
        self._trials: dict[tuple[int, str], _Trial] = {}

    def load(self, label: int) -> None:
        """Read the current shard's state."""
        entries = sorted(self._store.items())
        for key, data in entries:
            name, kind, _ = _parts(key)
            if name in self._experiments and kind == "ledger":
                trial = self._trial(label, name)
                trial.ledger.restore(data)
                trial.ledger_bytes = len(data)
        logs: dict[tuple[str, int], list[Outcomes]] = {}
        for key, data in entries:
            name, kind, number = _parts(key)
            if name not in self._experiments:
                continue
            trial = self._trial(label, name)
            if kind == "waiting":
                trial.waiting[number] = Outcomes.from_bytes(data)
                trial.next_number = max(trial.next_number, number + 1)
            elif kind == "log":
                logs[name, number] = _unpacked(data)
                trial.looks.append(number)
                trial.log_bytes += len(data)
        for (name, _), rows in sorted(logs.items()):
            for each in rows:
                self._trial(label, name).ledger.add(each)

    def arrive(self, label: int, data: bytes, watermark: int) -> int | None:
        """Keep rows of the current shard for their look.

        Returns:
            The time at which a timer is needed; None: the experiment is not judged.
        """
        rows = Outcomes.from_bytes(data)
        judged = self._experiments.get(rows.experiment)
        if judged is None:
            return None
        trial = self._trial(label, rows.experiment)
        trial.waiting[trial.next_number] = rows
        self._store.put(f"{rows.experiment}|waiting|{trial.next_number}", data)
        trial.next_number += 1
        return _next_look(max(int(rows.times.min()), watermark), judged.interval_ms)

    def look(self, label: int, at_ms: int) -> list[tuple[str, bytes]]:
        """Count the rows of the current shard before a time, and save them.

        Returns:
            Name and sums of each experiment that has a look at this time.
        """
        found = []
        for name, judged in self._experiments.items():
            if at_ms % judged.interval_ms == 0 and (label, name) in self._trials:
                self._count(name, self._trials[label, name], at_ms)
                found.append((name, self._trials[label, name].ledger.cells.to_bytes()))
        return found

    def next_timer(self, label: int, after_ms: int) -> int | None:
        """Return the time of the current shard's next look after another; None: no rows wait."""
        times = [
            _next_look(max(min(int(rows.times.min()) for rows in trial.waiting.values()), after_ms), judged.interval_ms)
            for name, judged in self._experiments.items()
            if (trial := self._trials.get((label, name))) is not None and trial.waiting
        ]
        return min(times, default=None)

    def _count(self, name: str, trial: _Trial, at_ms: int) -> None:
        covered, left = [], {}
        for number, rows in trial.waiting.items():
            is_covered = rows.times < at_ms
            if is_covered.any():
                covered.append(rows.take(is_covered))
            if not is_covered.all():
                left[number] = rows.take(~is_covered)
        if not covered:
            return
        ordered = in_order(covered)
        for rows in ordered:
            trial.ledger.add(rows)
        self._save(name, trial, at_ms, ordered)
        for number in trial.waiting:
            if number not in left:
                self._store.remove(f"{name}|waiting|{number}")
            elif len(left[number]) < len(trial.waiting[number]):
                self._store.put(f"{name}|waiting|{number}", left[number].to_bytes())
        trial.waiting = left

    def _save(self, name: str, trial: _Trial, at_ms: int, rows: list[Outcomes]) -> None:
        """Save the rows of a look, or the ledger in place of all rows before."""
        data = _packed(rows)
        if trial.log_bytes + len(data) <= max(_LEAST_LOG, trial.ledger_bytes):
            self._store.put(f"{name}|log|{at_ms}", data)
            trial.looks.append(at_ms)
            trial.log_bytes += len(data)
            return
        whole = trial.ledger.to_bytes()
        self._store.put(f"{name}|ledger|0", whole)
        for look in trial.looks:
            self._store.remove(f"{name}|log|{look}")
        trial.looks, trial.log_bytes, trial.ledger_bytes = [], 0, len(whole)

    def _trial(self, label: int, name: str) -> _Trial:
        found = self._trials.get((label, name))
        if found is None:
            judged = self._experiments[name]
            ledger = UnitLedger(judged.per_unit, judged.arms_of, counts_scores=judged.counts_scores)
            found = self._trials[label, name] = _Trial(ledger)
        return found


def _next_look(time_ms: int, interval_ms: int) -> int:
    return (time_ms // interval_ms + 1) * interval_ms


def _parts(key: str) -> tuple[str, str, int]:
    name, kind, number = key.rsplit("|", 2)
    return name, kind, int(number)


def _packed(rows: list[Outcomes]) -> bytes:
    made = [each.to_bytes() for each in rows]
    return b"".join([len(each).to_bytes(8, "little") + each for each in made])


def _unpacked(data: bytes) -> list[Outcomes]:
    made, place = [], 0
    while place < len(data):
        size = int.from_bytes(data[place : place + 8], "little")
        made.append(Outcomes.from_bytes(data[place + 8 : place + 8 + size]))
        place += 8 + size
    return made
