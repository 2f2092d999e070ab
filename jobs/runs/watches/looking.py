"""A thread that looks at something again and again during a run."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from types import TracebackType

from typing_extensions import Self

_PATIENCE_S = 5.0


class Looking(ABC):
    """A context in which a thread looks again and again.

    Args:
        name: name of the thread.
        look_s: seconds between two looks.
    """

    def __init__(self, name: str, look_s: float) -> None:
        self._look_s = look_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name=name, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        # A cluster that ends meanwhile may leave a question without an answer.
        self._thread.join(_PATIENCE_S)

    @abstractmethod
    def look(self) -> bool:
        """Look once; return whether there is something to look at any more."""

    @property
    def is_over(self) -> bool:
        """Whether the context ends."""
        return self._stop.is_set()

    def _watch(self) -> None:
        while not self._stop.wait(self._look_s):
            if not self.look():
                return
