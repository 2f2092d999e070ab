"""Model swaps under load: a good or bad deployment every 10 s for two minutes, then 100 in a row.

A sender writes 500 events a second to a socket. The job is that of ``scoring`` with its 20-64-32-1 network from a
registry that it checks every second. Each profile has a warm-up, a steady phase, a phase of deployments (among them a
corrupt file, a network of another width, one whose scores are NaN, one that takes 5 s to load, and a rollback), then
100 deployments of good versions, two a second. Figures, for throughput and, prefixed with ``latency_``, for latency:

- ``lost_rows``: sent events minus predictions; every event must have one.
- ``rows_from_rejected``: predictions that name a version which may not serve.
- ``p99_ratio``: 99th percentile of an event's time in the phase of deployments relative to the steady phase.
- ``rollback_s``: longest time from the write of a rollback to the first prediction of its version.
- ``rss_growth_mb``: growth of the scoring process's resident memory from the 20th to the last of the 100 swaps.

``python -m benchmarks swap [STEADY_S SWAPS_S]`` needs the package onnx.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.latency.latency import accept
from benchmarks.make_network import build
from benchmarks.measure import all_processes, descendants, load_average, print_figures
from jobs.sinks.files import ABSENT
from models.inspect import spec_from_file
from models.registry import Registry, local_registry

CONFIG = Path(__file__).parents[1] / "data" / "swap.yaml"
RATE = 500
WARMUP_S = 30
EVERY_S = 10.0
SWAPS, SWAP_EVERY_S, SETTLED = 100, 0.5, 20
# Takes ONNX Runtime about 5 s to load here.
SLOW_NODES = 30_000
GOOD = tuple(f"1.{minor}.0" for minor in range(12))
BAD = {"2.0.0": "corrupt", "2.1.0": "width", "2.2.0": "nan"}
SLOW = "3.0.0"
PLAN = (
    "1.1.0", "2.0.0", "1.2.0", "2.1.0", "rollback", "1.3.0", "2.2.0", SLOW, "1.4.0", "1.5.0", "rollback", "1.6.0",
)  # fmt: skip


@dataclass
class Phases:
    """Starts of the phases in nanoseconds, memory of the scoring process after each swap, and rollbacks."""

    steady_ns: int = 0
    deploying_ns: int = 0
    series_ns: int = 0
    memory_mb: list[float] = field(default_factory=list)
    rollbacks: list[tuple[int, str]] = field(default_factory=list)


def main(steady_s: str = "60", swaps_s: str = "120") -> None:
    """Print the figures."""
    load = load_average()
    figures: dict[str, Any] = {}
    for profile, prefix in (("throughput", ""), ("latency", "latency_")):
        found = measure(profile, float(steady_s), float(swaps_s))
        print(f"{profile}: {found}", flush=True)
        figures |= {f"{prefix}{key}": value for key, value in found.items()}
    print(f"load average before {load}, after {load_average()}")
    print_figures(figures)


def measure(profile: str, steady_s: float, swaps_s: float) -> dict[str, Any]:
    """Run the job under load and deployments."""
    with tempfile.TemporaryDirectory(prefix="gress-bench-") as name, socket.socket() as server:
        folder = Path(name)
        registry = make_registry(folder / "models", folder)
        server.bind(("127.0.0.1", 0))
        server.listen()
        overrides = (f"ml.model_registry.base_path={folder / 'models'}", f"execution.profile={profile}")
        job = [
            sys.executable,
            "-m",
            "benchmarks.latency.swap_job",
            str(CONFIG),
            str(server.getsockname()[1]),
            name,
            *overrides,
        ]
        with (folder / "log").open("w") as log, subprocess.Popen(job, stdout=log, stderr=log) as process:
            connection = accept(server, process)
            seconds = WARMUP_S + steady_s + swaps_s + SWAPS * SWAP_EVERY_S + 5
            phases = Phases()
            arguments = (registry, phases, process.pid, steady_s, swaps_s, profile)
            scheduler = threading.Thread(target=_deploy, args=arguments)
            scheduler.start()
            sender = ["benchmarks.latency.sender", "scoring", str(connection.fileno()), str(RATE), str(seconds)]
            subprocess.run([sys.executable, "-m", *sender], pass_fds=[connection.fileno()], check=True)
            connection.close()
            scheduler.join()
            if process.wait():
                msg = f"the job ended with {process.returncode}:\n{(folder / 'log').read_text()[-4000:]}"
                raise RuntimeError(msg)
        rows = read_rows(folder / "took", profile)
        return summarise(rows, phases, round(seconds * RATE)) | {"rejections": _rejections(registry)}


def make_registry(base: Path, work: Path, *, slow_nodes: int = SLOW_NODES) -> Registry:
    """Publish every version and deploy the first."""
    registry = local_registry(base)
    for number, version in enumerate(GOOD):
        _publish(registry, work, version, lambda number=number: build(number))
    _publish(registry, work, "2.0.0", lambda: build(50))
    artifact = base / "network" / "2.0.0" / "model.onnx"
    artifact.write_bytes(artifact.read_bytes()[:-100])
    _publish(registry, work, "2.1.0", lambda: build(51, inputs=21))
    _publish(registry, work, "2.2.0", lambda: build(52, scale=float("nan")))
    _publish(registry, work, SLOW, lambda: build(53, extra_nodes=slow_nodes))
    registry.deployments("network").promote(GOOD[0])
    return registry


def _publish(registry: Registry, work: Path, version: str, make: Callable[[], Any]) -> None:
    import onnx

    path = work / "model.onnx"
    onnx.save(make(), path)
    registry.publish(spec_from_file(path, "network", version), path)


def _deploy(registry: Registry, phases: Phases, job: int, steady_s: float, swaps_s: float, profile: str) -> None:
    deployments = registry.deployments("network")
    time.sleep(WARMUP_S)
    phases.steady_ns = time.time_ns()
    time.sleep(steady_s)
    phases.deploying_ns = time.time_ns()
    for number in range(round(swaps_s / EVERY_S)):
        action = PLAN[number % len(PLAN)]
        if action == "rollback":
            target = deployments.rollback().primary
            phases.rollbacks.append((time.time_ns(), target))
        else:
            deployments.promote(action)
        _sleep_until(phases.deploying_ns + (number + 1) * EVERY_S * 1e9)
    phases.series_ns = time.time_ns()
    for number in range(SWAPS):
        deployments.promote(GOOD[number % len(GOOD)])
        _sleep_until(phases.series_ns + (number + 1) * SWAP_EVERY_S * 1e9)
        phases.memory_mb.append(_memory_mb(job, "python" if profile == "throughput" else "java"))


def _sleep_until(moment_ns: float) -> None:
    time.sleep(max(0.0, (moment_ns - time.time_ns()) / 1e9))


def _memory_mb(root: int, program: str) -> float:
    """Return the resident memory of the largest descendant that runs a program."""
    stats = all_processes()
    below = descendants(stats, [root]) - {root}
    found = [_resident_mb(stat.pid) for stat in stats if stat.pid in below and stat.name.startswith(program)]
    return max(found, default=0.0)


def _resident_mb(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 1e6
    except OSError:
        return 0.0


def read_rows(folder: Path, profile: str) -> list[tuple[int, float, str, str]]:
    """Return the sending nanosecond, the milliseconds taken, the version and the reason of each output row."""
    rows = []
    csv.field_size_limit(1 << 30)
    for part in sorted(folder.glob("*part-*")):
        with part.open(newline="", encoding="utf-8") as file:
            for listed in csv.reader(_whole_lines(file.read())):
                cells = ["" if cell == ABSENT else cell for cell in listed]
                if profile == "latency":
                    rows.append((int(cells[0] or 0), int(cells[1] or 0) / 1e6, cells[2], cells[3]))
                elif cells[1]:
                    moment = dt.datetime.fromisoformat(cells[0] + "+00:00").timestamp() * 1e3
                    for line in cells[1].splitlines():
                        found = json.loads(line)
                        sent = int(found["event_id"])
                        rows.append((sent, moment - sent / 1e6, found["version"], ""))
                else:
                    rows.append((0, 0.0, "", cells[2]))
    return rows


def _whole_lines(text: str) -> list[str]:
    """Return the lines of a file that may still grow."""
    end = text.rfind("\n")
    return text[: end + 1].splitlines(keepends=True)


def summarise(rows: Sequence[tuple[int, float, str, str]], phases: Phases, sent: int) -> dict[str, Any]:
    """Return the figures."""
    scored = [row for row in rows if not row[3]]
    at = np.array([row[0] for row in scored])
    took = np.array([row[1] for row in scored])
    steady = took[(at >= phases.steady_ns) & (at < phases.deploying_ns)]
    deploying = took[(at >= phases.deploying_ns) & (at < phases.series_ns)]
    p99s = [float(np.percentile(part, 99)) for part in (steady, deploying)]
    memory = phases.memory_mb
    done = at + took * 1e6
    versions = np.array([row[2] for row in scored])
    waits = [(done[(done > since) & (versions == target)].min() - since) / 1e9 for since, target in phases.rollbacks]
    return {
        "events": sent,
        "lost_rows": sent - len({row[0] for row in scored}),
        "rows_from_rejected": sum(row[2] in BAD for row in scored),
        "versions": len({row[2] for row in scored}),
        "p99_ratio": round(p99s[1] / p99s[0], 3),
        "p99_steady_ms": round(p99s[0], 2),
        "p99_ms": round(p99s[1], 2),
        "p50_steady_ms": round(float(np.median(steady)), 2),
        "rollback_s": round(float(max(waits)), 2),
        "rss_growth_mb": round(memory[-1] - memory[SETTLED - 1], 1),
        "rss_mb": round(memory[-1], 1),
    }


def _rejections(registry: Registry) -> list[str]:
    return [version for version in BAD if registry.records("network", version)]


if __name__ == "__main__":
    main(*sys.argv[1:])
