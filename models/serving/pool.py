"""Live models shared by the operators of a process: one watcher and one set of sessions for all of them."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from typing import TYPE_CHECKING

from models.serving.live import LiveModel

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from models.scoring.inputs import Inputs
    from models.scoring.loaded import LoadedModel
    from models.scoring.outputs import Scores


class LivePool:
    """One live model for each key, created by the first user and closed by the last."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._users: dict[Hashable, int] = {}
        self._models: dict[Hashable, LiveModel] = {}

    def __len__(self) -> int:
        return len(self._models)

    def acquire(self, key: Hashable, make: Callable[[], LiveModel]) -> SharedModel:
        """Return a hold on the live model of a key; create and start it if there is no hold yet."""
        with self._lock:
            if key not in self._models:
                self._models[key] = make()
                self._models[key].start()
            self._users[key] = self._users.get(key, 0) + 1
            return SharedModel(self, key, self._models[key])

    def release(self, key: Hashable) -> None:
        """Return one hold."""
        with self._lock:
            self._users[key] -= 1
            if self._users[key]:
                return
            del self._users[key]
            model = self._models.pop(key)
        model.close()


class SharedModel:
    """One operator's hold on a live model."""

    def __init__(self, pool: LivePool, key: Hashable, live: LiveModel) -> None:
        self._pool = pool
        self._key: Hashable | None = key
        self._live = live

    def lease(self) -> AbstractContextManager[LoadedModel]:
        """Return the model for one batch; it stays open until the block is left."""
        return self._live.lease()

    def lease_fallback(self) -> AbstractContextManager[LoadedModel | None]:
        """Return the model for rows on which the serving model fails."""
        return self._live.lease_fallback()

    def observe(self, inputs: Inputs, scores: Scores) -> None:
        """Keep rows of a scored batch as the probe for the next model."""
        self._live.observe(inputs, scores)

    def close(self) -> None:
        """Release the live model; it may be called twice."""
        key, self._key = self._key, None
        if key is not None:
            self._pool.release(key)


LIVE_MODELS = LivePool()
