"""Shards of a task: outcomes wait for the look that covers them, are counted, and are saved.

Rules of this file:

- A look at time W counts rows with an earlier event time, those that come after their look at the next one. Looks of
  an experiment never go back: after a restore Flink knows no watermark, but the shard knows its last look.
- The saved state equals the memory: the rows of each look when they come, and in order when it is over. Once these
  outgrow the ledger, the ledger is saved in their place. So a row is written a bounded number of times.
- Counting is repeated after a restore row by row in the same order, so sums are the same to the bit.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from state.verdicts.judged import Judged
from state.verdicts.outcomes import Outcomes, in_order, packed, unpacked
from state.verdicts.shard_trial import ShardTrial
from state.verdicts.store import Store

_LEAST_LOG = 1 << 16


class Shards:
    """The experiments in the shards of a task.

    Args:
        experiments: by name.
        store: state of the current shard, which the caller sets before each call.
    """

    def __init__(self, experiments: Mapping[str, Judged], store: Store) -> None:
        self._experiments = experiments
        self._store = store
        self._trials: dict[tuple[int, str], ShardTrial] = {}

    def load(self, label: int) -> None:
        """Read the current shard's state."""
        entries = sorted(self._store.items())
        for key, data in entries:
            name, kind, _ = _parts(key)
            if name in self._experiments and kind == "described":
                self._experiments[name].check(name, bytes(data).decode())
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
                logs[name, number] = unpacked(data)
                trial.log_bytes += len(data)
        for (name, number), rows in sorted(logs.items()):
            self._trial(label, name).looks.append(number)
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
        after = max(watermark, trial.looked_at)
        for part in _by_look(rows, after, judged.interval_ms):
            if not trial.next_number:
                self._store.put(f"{rows.experiment}|described|0", judged.described.encode())
            trial.waiting[trial.next_number] = part
            self._store.put(f"{rows.experiment}|waiting|{trial.next_number}", data if part is rows else part.to_bytes())
            trial.next_number += 1
        return _next_look(max(int(rows.times.min()), after), judged.interval_ms)

    def look(self, label: int, at_ms: int) -> list[tuple[str, bytes]]:
        """Count the rows of the current shard before a time, and save them.

        Returns:
            Name and sums of each experiment that has a look at this time, and rows for it.
        """
        found = []
        for name, judged in self._experiments.items():
            trial = self._trials.get((label, name))
            if trial is None or at_ms % judged.interval_ms or at_ms <= trial.looked_at:
                continue
            if self._count(name, trial, at_ms):
                found.append((name, trial.ledger.cells.to_bytes()))
        return found

    def next_timer(self, label: int, after_ms: int) -> int | None:
        """Return the time of the current shard's next look after another; None: no rows wait."""
        times = [
            _next_look(max(trial.first_ms(), trial.looked_at, after_ms), judged.interval_ms)
            for name, judged in self._experiments.items()
            if (trial := self._trials.get((label, name))) is not None and trial.waiting
        ]
        return min(times, default=None)

    def _count(self, name: str, trial: ShardTrial, at_ms: int) -> bool:
        """Count the rows that a look covers; return whether there are some."""
        covered, left = [], {}
        for number, rows in trial.waiting.items():
            is_covered = rows.times < at_ms
            if is_covered.any():
                covered.append(rows.take(is_covered))
            if not is_covered.all():
                left[number] = rows.take(~is_covered)
        if not covered:
            return False
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
        return True

    def _save(self, name: str, trial: ShardTrial, at_ms: int, rows: list[Outcomes]) -> None:
        """Save the rows of a look, or the ledger in place of all rows before."""
        data = packed(rows)
        if trial.log_bytes + len(data) > max(_LEAST_LOG, trial.ledger_bytes):
            whole = trial.ledger.to_bytes()
            self._store.put(f"{name}|ledger|0", whole)
            for look in trial.looks:
                self._store.remove(f"{name}|log|{look}")
            # An entry without rows holds the time of the last look.
            trial.looks, trial.log_bytes, trial.ledger_bytes, data = [], 0, len(whole), b""
        self._store.put(f"{name}|log|{at_ms}", data)
        trial.looks.append(at_ms)
        trial.log_bytes += len(data)

    def _trial(self, label: int, name: str) -> ShardTrial:
        found = self._trials.get((label, name))
        if found is None:
            found = self._trials[label, name] = ShardTrial(self._experiments[name].new_ledger())
        return found


def _next_look(time_ms: int, interval_ms: int) -> int:
    return (time_ms // interval_ms + 1) * interval_ms


def _by_look(rows: Outcomes, after_ms: int, interval_ms: int) -> list[Outcomes]:
    """Return the rows of each look, so that none is written again at the looks of others."""
    looks = np.maximum(rows.times, after_ms) // interval_ms
    found = np.unique(looks)
    return [rows] if len(found) == 1 else [rows.take(np.flatnonzero(looks == look)) for look in found]


def _parts(key: str) -> tuple[str, str, int]:
    name, kind, number = key.rsplit("|", 2)
    return name, kind, int(number)
