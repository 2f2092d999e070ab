"""Latency of single events in the latency profile, 500 a second: from sending an event to the end of its scoring.

A sender of its own process writes JSON lines to a socket, one every 2 ms whether or not the job keeps up; each
carries the nanosecond at which it was sent. The job is the one of ``scoring`` (parse, twenty features, the 20-64-32-1
network), its functions on single rows inside the JVM; a last function there reads the clock when a prediction is
made. So the figures hold the socket, the source, every conversion between JVM and Python, and the wait behind earlier
events, but not a sink. The first ``WARMUP_S`` seconds, while the JVM compiles, are left out.

``fraud_*`` are the same figures for the fraud job. Its windows emit a row when the watermark has passed it, so a row
waits for the next event and then for the next watermark, which the latency profile sends every 5 ms. This wait
dominates the figures. ``fraud_throughput_*`` are those of the throughput profile, where a row also waits for its batch
in two steps, and for a watermark every 200 ms.

``python -m benchmarks latency [SECONDS RATE]``.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import load_average, print_figures

WARMUP_S = 10
RATE = 500
_START_S = 120
SCORING = Path(__file__).parents[1] / "data" / "scoring.yaml"


def main(seconds: str = "70", rate: str = str(RATE)) -> None:
    """Print the figures."""
    load = load_average()
    figures: dict[str, float] = {}
    from jobs.catalogue import default_config

    fraud = str(default_config("fraud-detection"))
    jobs: tuple[tuple[str, str, tuple[str, ...]], ...] = (
        ("", str(SCORING), ()),
        ("fraud_", fraud, ()),
        ("fraud_throughput_", fraud, ("execution.profile=throughput",)),
    )
    for name, config, overrides in jobs:
        took = measure(config, float(seconds), overrides, rate=int(rate))
        figures |= {f"{name}{key}": value for key, value in summarise(took).items()}
        print(f"{name or 'scoring_'}{len(took)} events: {summarise(took)}", flush=True)
    print(f"load average before {load}, after {load_average()}")
    print_figures(figures)


def measure(config: str, seconds: float, overrides: Sequence[str] = (), *, rate: int = RATE) -> list[tuple[int, int]]:
    """Run a job fed by a sender; return when each event was sent and the time to its score, in nanoseconds."""
    with LiveJob(config, overrides) as job:
        job.send(seconds, rate)
        return job.end()


class LiveJob:
    """A running job of a process of its own that scores what it is sent, and says how long each event took.

    Args:
        config: file of settings.
        overrides: settings that differ, as ``key.path=value``.
    """

    def __init__(self, config: str, overrides: Sequence[str] = ()) -> None:
        self._kind = "fraud" if "fraud" in config else "scoring"
        with contextlib.ExitStack() as opened, socket.socket() as server:
            self._folder = opened.enter_context(tempfile.TemporaryDirectory(prefix="gress-bench-"))
            server.bind(("127.0.0.1", 0))
            server.listen()
            port = str(server.getsockname()[1])
            command = [sys.executable, "-m", "benchmarks.latency.latency_job", config, port, self._folder, *overrides]
            self._process = opened.enter_context(
                subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            )
            opened.callback(self._process.kill)
            self._connection = opened.enter_context(accept(server, self._process))
            self._opened = opened.pop_all()

    def __enter__(self) -> LiveJob:
        return self

    def __exit__(self, *raised: object) -> None:
        self._opened.close()

    def send(self, seconds: float, rate: int = RATE) -> None:
        """Send the job so many events a second for so long."""
        descriptor = str(self._connection.fileno())
        sender = ["benchmarks.latency.sender", self._kind, descriptor, str(rate), str(seconds)]
        subprocess.run([sys.executable, "-m", *sender], pass_fds=[int(descriptor)], check=True)

    def end(self) -> list[tuple[int, int]]:
        """End the stream; return when each event was sent and the time to its score, in nanoseconds."""
        self._connection.close()
        output, _ = self._process.communicate()
        if self._process.returncode:
            msg = f"the job ended with {self._process.returncode}:\n{output[-4000:]}"
            raise RuntimeError(msg)
        parts = sorted((Path(self._folder) / "took").glob("part-*"))
        rows = [line.split(",") for part in parts for line in part.read_text().splitlines()]
        return [(int(sent), int(took)) for sent, took in rows]


def accept(server: socket.socket, process: subprocess.Popen[Any]) -> socket.socket:
    """Wait for a job to connect."""
    server.settimeout(1)
    for _ in range(_START_S):
        if process.poll() is not None:
            break
        with contextlib.suppress(TimeoutError):
            return server.accept()[0]
    process.kill()
    msg = f"the job did not connect within {_START_S} s:\n{process.communicate()[0] or ''}"
    raise RuntimeError(msg)


def summarise(took: Sequence[tuple[int, int]]) -> dict[str, float]:
    """Return percentiles in milliseconds of the events sent after the warm-up.

    >>> summarise([(0, 9_000_000_000), (10_000_000_000, 1_000_000), (10_000_000_001, 3_000_000)])["p50_ms"]
    2.0
    """
    first = min(sent for sent, _ in took)
    kept = [ns for sent, ns in took if sent - first >= WARMUP_S * 1e9]
    return {**percentiles(kept), "max_ms": round(max(kept) / 1e6, 3), "events": len(kept)}


def percentiles(took_ns: Sequence[int]) -> dict[str, float]:
    """Return p50, p99 and p99.9 in milliseconds."""
    return {f"p{share:g}_ms": round(float(np.percentile(took_ns, share)) / 1e6, 3) for share in (50, 99, 99.9)}


if __name__ == "__main__":
    main(*sys.argv[1:])
