"""Models that fail on purpose, and a source of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from models.scoring.inputs import Inputs
from models.scoring.outputs import Scores
from models.spec import ModelSpec
from tests.models.serving.fakes import spec_of
from udfs.scoring.breaker import BreakerState

Answer = Callable[[np.ndarray], np.ndarray]


def double(matrix: np.ndarray) -> np.ndarray:
    return matrix[:, 0] * 2.0


def raises(matrix: np.ndarray) -> np.ndarray:
    text = "the graph broke"
    raise RuntimeError(text)


def is_nan(matrix: np.ndarray) -> np.ndarray:
    return np.full(len(matrix), np.nan)


def refuses(*poison: float) -> Answer:
    """Raises for a batch with a poisoned row."""

    def answer(matrix: np.ndarray) -> np.ndarray:
        if np.isin(matrix[:, 0], poison).any():
            raises(matrix)
        return double(matrix)

    return answer


@dataclass
class Model:
    """Answers as told; counts its calls."""

    version: str = "2.0.0"
    answer: Answer = double
    calls: int = 0
    rows: int = 0
    gate: threading.Event | None = None
    closed: bool = False
    raw_fields: tuple[str, ...] = ()
    spec: ModelSpec = field(init=False)

    def __post_init__(self) -> None:
        self.spec = spec_of(self.version)

    def predict(self, inputs: Inputs) -> Scores:
        assert not self.closed
        self.calls += 1
        self.rows += len(inputs)
        if self.gate is not None:
            assert self.gate.wait(10)
            assert not self.closed
        return Scores(self.answer(inputs.matrix), None, None)

    def refused(self, inputs: Inputs) -> dict[int, str]:
        return {}


@dataclass
class Source:
    model: Model
    other: Model | None = None
    leases: int = 0

    @contextmanager
    def lease(self) -> Iterator[Model]:
        self.leases += 1
        try:
            yield self.model
        finally:
            self.leases -= 1

    @contextmanager
    def lease_fallback(self) -> Iterator[Model | None]:
        yield self.other

    def observe(self, inputs: Inputs, scores: Scores) -> None:
        pass

    def close(self) -> None:
        pass


@dataclass
class Heard:
    fallbacks: list[tuple[str, str, int]] = field(default_factory=list)
    states: list[tuple[str, BreakerState]] = field(default_factory=list)

    def fallback(self, spec: ModelSpec, reason: str, rows: int) -> None:
        self.fallbacks.append((spec.version, reason, rows))

    def breaker(self, spec: ModelSpec, state: BreakerState) -> None:
        self.states.append((spec.version, state))
