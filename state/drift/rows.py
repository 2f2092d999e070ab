"""Sampled rows as texts, one a batch, which scoring tasks send to the task that counts windows.

A text starts with the latest event time in it, `TIME_DIGITS` wide, from which SQL reads watermarks; then comes a line
of JSON, then the columns as bytes, in base64.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

if TYPE_CHECKING:
    from numpy.typing import NDArray


TIME_DIGITS = 20
_BETWEEN = "\n\n"


@dataclass(frozen=True)
class SampledRows:
    """Rows that one version of a model scored, one or more.

    Attributes:
        model: name of the model.
        version: version of the model.
        times_ms: event times, (n,), ms since 1970.
        matrix: the model's input, (n, k).
        scores: the model's scores, (n,).
        labels: outcomes, (n,); NaN if not known.
        baseline: baseline of the version, as JSON values; None: it was sent before.
    """

    model: str
    version: str
    times_ms: NDArray[np.int64]
    matrix: NDArray[np.float32]
    scores: NDArray[np.float64]
    labels: NDArray[np.float64]
    baseline: Mapping[str, Any] | None = None

    @property
    def ref(self) -> str:
        """Name and version of the model, the key of its state."""
        return f"{self.model}@{self.version}"

    def to_text(self) -> str:
        """Return the rows as a text."""
        head = {"model": self.model, "version": self.version, "rows": len(self.scores), "baseline": self.baseline}
        parts = (
            self.times_ms.astype("<i8"),
            self.matrix.astype("<f4"),
            self.scores.astype("<f8"),
            self.labels.astype("<f8"),
        )
        data = base64.b64encode(b"".join(part.tobytes() for part in parts))
        return f"{self.times_ms.max():0{TIME_DIGITS}d}{orjson.dumps(head).decode()}\n{data.decode()}"

    @classmethod
    def from_text(cls, text: str) -> SampledRows:
        """Return what `to_text` wrote."""
        head, _, data = text[TIME_DIGITS:].partition("\n")
        said, content = orjson.loads(head), base64.b64decode(data)
        rows = said["rows"]
        width = len(content) // rows // 4 - 6
        kinds = [("<i8", rows), ("<f4", rows * width), ("<f8", rows), ("<f8", rows)]
        parts, place = [], 0
        for kind, count in kinds:
            parts.append(np.frombuffer(content, kind, count, place))
            place += parts[-1].nbytes
        times, matrix, scores, labels = parts
        return cls(said["model"], said["version"], times, matrix.reshape(rows, width), scores, labels, said["baseline"])


def joined_texts(texts: Iterable[str]) -> str | None:
    """Return texts of `SampledRows` as one, that with the latest event time first; None: there are none."""
    return _BETWEEN.join(sorted(texts, reverse=True)) or None


def split_texts(text: str) -> list[str]:
    """Return the texts that `joined_texts` joined."""
    return text.split(_BETWEEN)
