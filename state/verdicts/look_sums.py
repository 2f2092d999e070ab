"""Sums of shards by look: a judge looks at those of each shard's last look until then."""

from __future__ import annotations

from state.verdicts.store import Store


class LookSums:
    """The sums that shards have sent, of several experiments.

    Looks may come after the sums of later ones, since a watermark can pass several at once.

    Args:
        store: state of the current experiment, which the caller sets before each call.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._sums: dict[str, dict[int, dict[int, bytes]]] = {}

    def add(self, experiment: str, label: int, at_ms: int, sums: bytes) -> None:
        """Keep the sums of a shard at a look."""
        self._of(experiment).setdefault(label, {})[at_ms] = sums
        self._store.put(f"{label}|{at_ms}", sums)

    def at(self, experiment: str, at_ms: int) -> list[bytes]:
        """Return the sums of all shards at a look, and drop those that were before."""
        found = []
        for label, looks in sorted(self._of(experiment).items()):
            until = sorted(look for look in looks if look <= at_ms)
            if until:
                found.append(looks[until[-1]])
            for look in until[:-1]:
                del looks[look]
                self._store.remove(f"{label}|{look}")
        return found

    def _of(self, experiment: str) -> dict[int, dict[int, bytes]]:
        found = self._sums.get(experiment)
        if found is None:
            found = self._sums[experiment] = {}
            for key, sums in self._store.items():
                label, at_ms = map(int, key.split("|"))
                found.setdefault(label, {})[at_ms] = bytes(sums)
        return found
