"""Versions that load at once, late or never, and remember what became of them."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from models.errors import ModelError
from models.registry import Deployment
from models.scoring.inputs import Inputs
from models.scoring.outputs import Scores
from models.serving.live import LiveModel
from models.spec import ModelSpec, TensorSpec

Make = Callable[..., LiveModel]


def spec_of(version: str, **fields: Any) -> ModelSpec:
    return ModelSpec(
        name="fraud",
        version=version,
        type="onnx",
        file="model.onnx",
        sha256="0" * 64,
        inputs=(TensorSpec(name="x", dtype="float32", shape=(None, 2)),),
        outputs=(TensorSpec(name="y", dtype="float32", shape=(None, 1)),),
        **fields,
    )


@dataclass
class FakeModel:
    """Scores every row with its version's major number; NaN where told."""

    spec: ModelSpec
    size_bytes: int = 10
    is_nan: bool = False
    closed: int = 0
    warm: int = 0
    warms_up: bool = True
    raw_fields: tuple[str, ...] = ()

    def predict(self, inputs: Inputs) -> Scores:
        assert not self.closed, "a closed model was asked"
        value = np.nan if self.is_nan else float(self.spec.version.split(".")[0])
        return Scores(np.full(len(inputs), value), None, None)

    def warmup(self, n: int) -> None:
        self.warm += n

    def close(self) -> None:
        self.closed += 1


@dataclass
class FakeVersions:
    """A registry's answers, in memory."""

    name: str = "fraud"
    deployments: list[Deployment] = field(default_factory=list)
    errors: dict[str, Exception] = field(default_factory=dict)
    nan: set[str] = field(default_factory=set)
    gates: dict[str, threading.Event] = field(default_factory=dict)
    opened: list[FakeModel] = field(default_factory=list)
    rejections: list[tuple[str, int, str]] = field(default_factory=list)
    outage: Exception | None = None
    sizes: dict[str, int] = field(default_factory=dict)

    def promote(self, version: str, action: str = "promote") -> None:
        previous = self.deployments[-1].primary if self.deployments else None
        generation = len(self.deployments) + 1
        now = dt.datetime.now(dt.timezone.utc)
        self.deployments.append(
            Deployment(generation=generation, primary=version, previous=previous, action=action, at=now)  # type: ignore[arg-type]
        )

    def change_experiment(self) -> None:
        """Add a deployment that keeps the primary."""
        last = self.deployments[-1]
        kept = {"generation": last.generation + 1, "primary_since": last.chosen_in, "action": "advance"}
        self.deployments.append(last.model_copy(update=kept))

    def latest(self) -> Deployment | None:
        self._check()
        return self.deployments[-1] if self.deployments else None

    def after(self, generation: int) -> Deployment | None:
        self._check()
        return self.deployments[-1] if len(self.deployments) > generation else None

    def open(self, version: str) -> FakeModel:
        version = version or "9.0.0"
        if version in self.gates:
            assert self.gates[version].wait(10)
        if version in self.errors:
            raise self.errors[version]
        model = FakeModel(spec_of(version), self.sizes.get(version, 10), version in self.nan)
        self.opened.append(model)
        return model

    def reject(self, version: str, generation: int, reason: str) -> None:
        self.rejections.append((version, generation, reason))

    def _check(self) -> None:
        if self.outage is not None:
            raise self.outage


@dataclass
class Heard:
    """A listener that records its calls."""

    events: list[tuple[Any, ...]] = field(default_factory=list)

    def loaded(self, model: Any, seconds: float) -> None:
        self.events.append(("loaded", model.spec.version))

    def unloaded(self, model: Any) -> None:
        self.events.append(("unloaded", model.spec.version))

    def swapped(self, model: Any, before: Any, generation: int, *, is_rollback: bool) -> None:
        kind = "rolled_back" if is_rollback else "swapped"
        self.events.append((kind, before.spec.version, model.spec.version, generation))

    def rejected(self, name: str, version: str, generation: int, error: Exception) -> None:
        self.events.append(("rejected", version, generation, str(error)))

    def no_fallback(self, name: str, error: Exception) -> None:
        self.events.append(("no_fallback", str(error)))

    def registry_failed(self, name: str, error: ModelError) -> None:
        self.events.append(("registry_failed", str(error)))

    def registry_back(self, name: str) -> None:
        self.events.append(("registry_back",))

    def registry_rewound(self, name: str, seen: int, found: int) -> None:
        self.events.append(("registry_rewound", seen, found))

    def of(self, *kinds: str) -> list[tuple[Any, ...]]:
        return [event for event in self.events if event[0] in kinds]


@contextmanager
def opened(live: Any) -> Iterator[Any]:
    try:
        yield live
    finally:
        live.close()


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "it did not happen within 10 s"
        time.sleep(0.002)


def serving(live: LiveModel) -> str:
    with live.lease() as model:
        return model.spec.version
