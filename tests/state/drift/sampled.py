"""Sampled rows, and a store, for tests of windows."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from conf.drift import DriftSettings
from state.drift.rows import SampledRows
from state.drift.windows import DriftWindows
from tests.state.drift.record_golden import baseline_document

NAMES = ("amount", "code")
WIDTH_MS = 1000
LEAST_ROWS = 30


def drawn(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features (one at times missing), scores that tell an even area under the curve, and outcomes, some not known."""
    matrix = np.column_stack([rng.normal(size=count), rng.integers(0, 3, count)]).astype(np.float32)
    matrix[rng.random(count) < 0.05, 0] = np.nan
    scores = (rng.integers(0, 1000, count) + 0.5) / 1000
    labels = np.where(rng.random(count) < 0.2, np.nan, (rng.random(count) < scores).astype(float))
    return matrix, scores, labels


BASELINE: dict[str, Any] = baseline_document(*(lambda m, s, _: (m, NAMES, s))(*drawn(np.random.default_rng(0), 2000)))


def rows_at(times_ms: Sequence[int] | np.ndarray, *, seed: int = 0, **changed: Any) -> SampledRows:
    """Rows of some times, drawn from a seed."""
    matrix, scores, labels = drawn(np.random.default_rng(seed), len(times_ms))
    given: dict[str, Any] = {
        "model": "m", "version": "1.0.0", "times_ms": np.asarray(times_ms, np.int64),
        "matrix": matrix, "scores": scores, "labels": labels, "baseline": BASELINE,
    }  # fmt: skip
    return SampledRows(**{**given, **changed})


def taken(rows: SampledRows, chosen: np.ndarray) -> SampledRows:
    """Some of the rows, sent without a baseline."""
    columns = (rows.times_ms, rows.matrix, rows.scores, rows.labels)
    return SampledRows(rows.model, rows.version, *(column[chosen] for column in columns))


class PackedStore:
    """A store that keeps bytes, as the engine does: what was read may not be changed in place."""

    def __init__(self, content: dict[str, bytes] | None = None) -> None:
        self.content = dict(content or {})

    def get(self, key: str) -> Any:
        return pickle.loads(self.content[key]) if key in self.content else None

    def put(self, key: str, value: Any) -> None:
        self.content[key] = pickle.dumps(value)

    def remove(self, key: str) -> None:
        del self.content[key]

    def keys(self) -> Iterator[str]:
        return iter(self.content)


def open_windows(store: PackedStore | None = None, **given: Any) -> DriftWindows:
    """Windows of a second that are judged from 30 rows on."""
    settings = {"enabled": True, "window": f"{WIDTH_MS}ms", "min_rows": LEAST_ROWS, "sample": 1, **given}
    return DriftWindows(DriftSettings.model_validate(settings), PackedStore() if store is None else store)


def comparable(records: list[dict[str, Any]]) -> list[str]:
    """Records as texts, in the order of their windows."""
    return sorted(json.dumps(record) for record in records)
