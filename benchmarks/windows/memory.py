"""Memory of an endless run whose windows slide while keys come and go.

``gress run`` reads Kafka and writes files. A minute of the clock is 10 days of the events, so that windows of 37 days
have slid past an event after four minutes. A card is seen for 30 s of the clock and never again. Figures are of the
second half of the run, in MB:

- ``jvm_mb`` and ``workers_mb``: median resident memory of the JVM, with a heap of at most 1 GB, and of all Python
  processes; ``jvm_mb_per_min`` and ``workers_mb_per_min``: their slope (least squares).
- ``state_mb`` and ``state_mb_per_min``: likewise of the latest checkpoint.
- ``keys``: cards so far; ``events``: events sent.

``python -m benchmarks memory [MINUTES RATE]``.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.kafka_job import EVENTS, PARTITIONS, fetch_missing_jars, write_config
from benchmarks.measure import all_processes, descendants, load_average, print_figures
from gress.dev.broker import DevKafka
from jobs.catalogue import default_config

ALIVE, LIFE_S, TERMINALS = 3_000, 30.0, 4_000
"""Cards of one moment, seconds of a card, and terminals, which stay."""
EVENT_MS_PER_S = 10 * 86_400_000 / 60
_START_MS = 1_522_540_800_000
_LOOK_S = 5.0
_STOP_S = 300.0
_PAGE = os.sysconf("SC_PAGE_SIZE")
_STEP = 100


def main(minutes: str = "20", rate: str = "2000") -> None:
    """Print the figures."""
    fetch_missing_jars()
    load, seconds = load_average(), float(minutes) * 60
    with tempfile.TemporaryDirectory(prefix="gress-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with DevKafka(folder / "kafka", partitions=PARTITIONS) as broker:
            source = default_config("fraud-detection")
            config = write_config(folder / "job.yaml", source, broker.servers, interval="10s", has_sink=False)
            output = folder / "out"
            command = [sys.executable, "-m", "gress.cli.main", "run", "fraud-detection", "--config", str(config)]
            environ = {**os.environ, "JVM_ARGS": "-Xmx1g"}
            with (folder / "log").open("wb") as log:
                run = subprocess.Popen([*command, "--output", str(output)], stdout=log, stderr=log, env=environ)
            try:
                samples = list(_watch(run, output, broker.servers, seconds=seconds, rate=int(rate)))
                run.send_signal(signal.SIGTERM)
                if run.wait(_STOP_S):
                    raise RuntimeError(_ended(run, output))
            finally:
                run.kill()
            rows = json.loads((output / "summary.json").read_text("utf-8"))
    print(f"load average before {load}, after {load_average()}; {rows['predictions']:,} predictions")
    print_figures(summarise(samples, seconds) | {"events": int(seconds * int(rate)), "keys": _first_card(seconds)})


def summarise(samples: list[dict[str, float]], seconds: float) -> dict[str, float]:
    """Return median and slope of each quantity in the second half of a run."""
    kept = [each for each in samples if each["at_s"] >= seconds / 2]
    found = {}
    for name in ("jvm_mb", "workers_mb", "state_mb"):
        values = [each[name] for each in kept]
        slope, _ = np.polyfit([each["at_s"] / 60 for each in kept], values, 1)
        found |= {name: round(float(np.median(values)), 1), f"{name}_per_min": round(float(slope), 2)}
    return found


def events(begin: int, stop: int, rate: int) -> list[dict[str, Any]]:
    """Return events by their numbers: the cards of a moment are ``ALIVE`` numbers that go up with time."""
    random = np.random.default_rng([7, begin])
    numbers = np.arange(begin, stop)
    first = (numbers / rate * ALIVE / LIFE_S).astype(np.int64)
    columns = {
        "TRANSACTION_ID": numbers,
        "TX_DATETIME": _START_MS + (numbers / rate * EVENT_MS_PER_S).astype(np.int64),
        "CUSTOMER_ID": first + random.integers(0, ALIVE, len(numbers)),
        "TERMINAL_ID": random.integers(0, TERMINALS, len(numbers)),
        "TX_AMOUNT": np.round(random.uniform(1, 300, len(numbers)), 2),
        "TX_FRAUD": (random.random(len(numbers)) < 0.01).astype(np.int64),
    }
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in rows]


def _first_card(seconds: float) -> int:
    return int(seconds * ALIVE / LIFE_S) + ALIVE


def _watch(
    run: subprocess.Popen[bytes], output: Path, servers: str, *, seconds: float, rate: int
) -> Iterator[dict[str, float]]:
    """Send events for some seconds, and yield the memory of a run every few seconds."""
    from confluent_kafka import Producer

    producer = Producer({"bootstrap.servers": servers, "linger.ms": 20, "log_level": 0})
    start = looked = time.monotonic()
    for begin in range(0, int(seconds * rate), _STEP):
        time.sleep(max(0.0, start + begin / rate - time.monotonic()))
        for event in events(begin, begin + _STEP, rate):
            card = event["CUSTOMER_ID"]
            producer.produce(EVENTS, json.dumps(event), key=str(card), partition=card % PARTITIONS)
        producer.poll(0)
        if time.monotonic() - looked >= _LOOK_S:
            looked = time.monotonic()
            if run.poll() is not None:
                raise RuntimeError(_ended(run, output))
            yield {"at_s": looked - start, **_memory(run.pid), "state_mb": _state_mb(output)}
    producer.flush()


def _ended(run: subprocess.Popen[bytes], output: Path) -> str:
    return f"the run ended with {run.returncode}: {(output.parent / 'log').read_text()[-4000:]}"


def _memory(root: int) -> dict[str, float]:
    """Return resident MB of the JVM and of the Python processes below a process."""
    stats = {stat.pid: stat for stat in all_processes()}
    found = {"jvm_mb": 0.0, "workers_mb": 0.0}
    for pid in descendants(stats.values(), [root]) & stats.keys():
        try:
            pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        except OSError:
            continue  # it has ended
        name = "jvm_mb" if stats[pid].name.startswith("java") else "workers_mb"
        found[name] += pages * _PAGE / 1e6
    return found


def _state_mb(output: Path) -> float:
    """Return the MB of the latest whole checkpoint; a file that is deleted meanwhile has none."""
    checkpoints = [path.parent for path in output.glob(".checkpoints/*/chk-*/_metadata")]
    latest = max(checkpoints, key=lambda folder: int(folder.name.removeprefix("chk-")), default=None)
    return 0.0 if latest is None else sum(map(_size, latest.glob("*"))) / 1e6


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


if __name__ == "__main__":
    main(*sys.argv[1:])
