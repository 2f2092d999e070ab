"""Size of the windows' state and time of a checkpoint, by both engines: ``sliding`` and ``sql``.

The fraud job reads generated transactions in a mini-cluster with two slots, and checkpoints every few seconds. Figures
are of the largest checkpoint, which comes at the end of the input, when the state holds most events.

- ``bytes_per_event``: its bytes over the events; ``bytes_per_event_sql`` likewise.
- ``checkpoint_ms``: from its trigger to its end; ``checkpoint_ms_sql`` likewise.
- ``ratio_bytes`` and ``ratio_ms``: figures of ``sql`` over those of ``sliding``.

``python -m benchmarks window_state [EVENTS [ENGINES]]``, engines as in ``sliding,sql``.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from benchmarks.measure import load_average, print_figures, run_module
from benchmarks.throughput.job_run import plan
from jobs.catalogue import default_config
from jobs.errors import JobError
from jobs.flink.rest import FlinkRest
from jobs.runs.execution import execute
from jobs.sources.transactions import GeneratorSettings, TransactionGenerator, write

INTERVAL = "3s"
_LOOK_S = 0.5


class LargestCheckpoint:
    """A watcher of a job's checkpoints, on a thread of its own.

    Args:
        address: HOST:PORT of Flink's REST API.

    Attributes:
        figures: bytes and milliseconds of the largest one so far.
    """

    def __init__(self, address: str) -> None:
        self._rest = FlinkRest(address)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.figures: dict[str, int] = {"bytes": 0, "ms": 0}

    def __enter__(self) -> LargestCheckpoint:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(_LOOK_S):
            try:
                self._look()
            except JobError:
                continue  # the API starts after this thread and ends before it

    def _look(self) -> None:
        for job in self._rest.get("/jobs/overview")["jobs"]:
            history: list[dict[str, Any]] = self._rest.get(f"/jobs/{job['jid']}/checkpoints")["history"]
            for found in history:
                if found["status"] == "COMPLETED" and found["state_size"] > self.figures["bytes"]:
                    self.figures = {"bytes": found["state_size"], "ms": found["end_to_end_duration"]}


def run_once(engine: str, source: str, output: str) -> None:
    """Run the job, and print the figures of its largest checkpoint."""
    overrides = [f"execution.windows={engine}", f"execution.checkpoint_interval={INTERVAL}"]
    job = plan(str(default_config("fraud-detection")), source, output, overrides)
    begin = time.perf_counter()
    with LargestCheckpoint(job.address) as largest:
        execute(job.inserts, job.name)
    print_figures({"seconds": time.perf_counter() - begin, **largest.figures})


def main(events: str = "1700000", engines: str = "sliding,sql") -> None:
    """Print the figures."""
    count, load, figures = int(events), load_average(), dict[str, float]()
    with tempfile.TemporaryDirectory(prefix="gress-bench-") as name:
        folder = Path(name)
        write(folder / "events.jsonl", TransactionGenerator(GeneratorSettings()).batches(count))
        for engine in engines.split(","):
            output = folder / engine
            arguments = ("once", engine, str(folder / "events.jsonl"), str(output))
            found = run_module("benchmarks.windows.window_state", *arguments, rows=count).result
            took = f"{found['ms']:,} ms, run of {found['seconds']:.0f} s"
            print(f"{engine}: {found['bytes']:,} bytes in {took}", flush=True)
            shutil.rmtree(output)
            end = "" if engine == "sliding" else f"_{engine}"
            figures[f"bytes_per_event{end}"] = round(found["bytes"] / count, 1)
            figures[f"checkpoint_ms{end}"] = found["ms"]
    if {"bytes_per_event", "bytes_per_event_sql"} <= figures.keys():
        figures["ratio_bytes"] = round(figures["bytes_per_event_sql"] / figures["bytes_per_event"], 2)
        figures["ratio_ms"] = round(figures["checkpoint_ms_sql"] / max(figures["checkpoint_ms"], 1), 2)
    print(f"load average before {load}, after {load_average()}")
    print_figures(figures)


if __name__ == "__main__":
    if sys.argv[1:2] == ["once"]:
        run_once(*sys.argv[2:])
    else:
        main(*sys.argv[1:])
