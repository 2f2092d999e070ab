"""New versions of a model while it serves, whole ones and damaged ones."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.make_network import build
from benchmarks.soak.faults import at_their_times
from benchmarks.soak.plan import Plan
from models.inspect import spec_from_file
from models.registry import Registry

MODEL = "network"
_CUT = 100


@dataclass
class Deployments:
    """Deployments by a plan: some in a hurry, then a whole version at each time, and a damaged one half-way between.

    Attributes:
        plan: when.
        base: folder of the registry.
        registry: gets the versions.
        whole: versions that may serve.
        unhurried: those that must.
        damaged: versions that must not, because the end of their file is missing.
        stop: set to leave the rest out.
    """

    plan: Plan
    base: Path
    registry: Registry
    whole: list[str] = field(default_factory=list)
    unhurried: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Make all deployments after the first from now on."""
        at_their_times(self._timetable(), self.stop)

    def deploy(self) -> None:
        """Let a new whole version serve for a while."""
        self.unhurried.append(self.deploy_in_a_hurry())

    def deploy_in_a_hurry(self) -> str:
        """Let a new whole version serve, and return it."""
        version = f"1.{len(self.whole)}.0"
        self._publish(version)
        self.registry.deployments(MODEL).promote(version)
        self.whole.append(version)
        return version

    def deploy_damaged(self) -> None:
        """Deploy a version whose file is cut off."""
        version = f"2.{len(self.damaged)}.0"
        self._publish(version)
        file = self.base / MODEL / version / "model.onnx"
        file.write_bytes(file.read_bytes()[:-_CUT])
        self.registry.deployments(MODEL).promote(version)
        self.damaged.append(version)

    def _publish(self, version: str) -> None:
        import onnx

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.onnx"
            onnx.save(build(len(self.whole) + len(self.damaged)), path)
            self.registry.publish(spec_from_file(path, MODEL, version), path)

    def _timetable(self) -> list[tuple[float, Callable[[], object]]]:
        plan, every = self.plan, self.plan.swap_every_s
        hurried = [(number * plan.warm_s / plan.hurried, self.deploy_in_a_hurry) for number in range(plan.hurried)]
        start = plan.warm_s if plan.hurried else 0.0
        # The last version must have time to serve, too.
        count = int((plan.seconds - start) / every - 0.5)
        steady = [
            change
            for number in range(1, count + 1)
            for change in (
                (start + (number - 0.5) * every, self.deploy_damaged),
                (start + number * every, self.deploy),
            )
        ]
        return [*hurried, *steady]
