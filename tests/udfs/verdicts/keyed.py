"""Contexts of Flink's keyed functions in one thread: state by key, timers and a watermark."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.state.verdicts.made import DictStore


@dataclass
class Context:
    """Everything that a keyed function asks its runtime for.

    Attributes:
        key: the current key.
        watermark: what the timers know.
        stores: state by name and key.
        timers: times and keys that were registered and have not fired.
    """

    key: Any = None
    watermark: int = -(2**63)
    stores: dict[tuple[str, Any], DictStore] = field(default_factory=dict)
    timers: set[tuple[int, Any]] = field(default_factory=set)

    def get_map_state(self, descriptor: Any) -> MapState:
        return MapState(self, descriptor.get_name())

    def get_current_key(self) -> Any:
        return self.key

    def timer_service(self) -> Context:
        return self

    def current_watermark(self) -> int:
        return self.watermark

    def register_event_time_timer(self, at_ms: int) -> None:
        self.timers.add((at_ms, self.key))

    def advance(self, watermark: int, fire: Callable[[int, Context], Iterator[Any]]) -> list[Any]:
        """Fire the timers up to a watermark in their order; return what came of it."""
        self.watermark, found = watermark, []
        while due := sorted(timer for timer in self.timers if timer[0] <= watermark):
            self.timers.remove(due[0])
            at_ms, self.key = due[0]
            found += fire(at_ms, self)
        return found

    def restored(self) -> Context:
        """Return the context of a job that goes on from here: no watermark has come yet."""
        stores = {place: DictStore(store) for place, store in self.stores.items()}
        return Context(stores=stores, timers=set(self.timers))


@dataclass
class MapState:
    """A map state of the current key."""

    context: Context
    name: str

    @property
    def _current(self) -> DictStore:
        return self.context.stores.setdefault((self.name, self.context.key), DictStore())

    def items(self) -> Iterator[tuple[str, bytes]]:
        return iter(list(self._current.items()))

    def get(self, key: str) -> bytes | None:
        return self._current.get(key)

    def put(self, key: str, value: bytes) -> None:
        self._current.put(key, value)

    def remove(self, key: str) -> None:
        self._current.remove(key)
