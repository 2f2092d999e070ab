"""The state of a learner as bytes: a line of JSON with settings and counts, then the numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

VERSION = 1


@dataclass(frozen=True, eq=False)
class Saved:
    """The saved state of a learner.

    Attributes:
        settings: settings and width of the rows, as builtins of JSON.
        counts: numbers of rows by name.
        numbers: all other numbers in one vector.
    """

    settings: Mapping[str, Any]
    counts: Mapping[str, int]
    numbers: NDArray[np.float64]

    def to_bytes(self) -> bytes:
        """Return the state as bytes."""
        head = {"version": VERSION, "settings": self.settings, "counts": self.counts, "numbers": len(self.numbers)}
        return orjson.dumps(head) + b"\n" + self.numbers.astype("<f8").tobytes()

    @classmethod
    def from_bytes(cls, data: bytes, settings: Mapping[str, Any]) -> Saved:
        """Return what ``to_bytes`` wrote.

        Args:
            data: the bytes.
            settings: settings that they must have been written with.

        Raises:
            ValueError: the bytes are of another version of the format, of other settings, or incomplete.
        """
        line, _, numbers = data.partition(b"\n")
        try:
            head = orjson.loads(line)
            version, size = head["version"], head["numbers"]
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            msg = f"learner: expected the bytes of a learner, got {data[:20]!r}; start without them"
            raise ValueError(msg) from error
        if version != VERSION:
            msg = f"learner: expected a state of version {VERSION}, got {version!r}; start without it"
            raise ValueError(msg)
        _check_settings(head["settings"], orjson.loads(orjson.dumps(settings)))
        if len(numbers) != 8 * size:
            msg = f"learner: expected {size} numbers, got {len(numbers)} bytes; take a complete copy of the state"
            raise ValueError(msg)
        return cls(head["settings"], head["counts"], np.frombuffer(numbers, "<f8").astype(np.float64))


def _check_settings(saved: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    others = [name for name in sorted({*saved, *wanted}) if saved.get(name) != wanted.get(name)]
    if others:
        listed = ", ".join(f"{name} {wanted.get(name)}, got {saved.get(name)}" for name in others)
        msg = f"learner: expected a state of {listed}; go back to these settings, or start without the state"
        raise ValueError(msg)
