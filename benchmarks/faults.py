"""Kafka to Kafka through the fraud job on a local cluster, while its processes are killed: nothing lost, nothing twice.

A broker with two partitions, a cluster of two TaskManagers and two JobManagers (ZooKeeper between them), and the fraud
job with its windows, exactly once. While events are written, ``KILLS`` times a Python worker, a TaskManager or a
JobManager gets ``kill -9`` at a random moment; what is gone is started again, as an operator would. A consumer
in read_committed mode compares what comes out with a run over the same events as a file, which nothing disturbs.

Figures: ``events``, ``kills``, ``lost`` (events without a prediction), ``duplicates`` (predictions too many),
``score_mismatches`` (other than undisturbed), ``seconds`` from the first event to the last prediction.

``python -m benchmarks.faults [EVENTS KILLS SEED]``. Needs the broker's jars: ``gress jars fetch --broker``.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from benchmarks.measure import load_average, print_figures
from jobs.catalogue import default_config
from jobs.cluster_conf import ClusterRequest
from jobs.dev_kafka import DevKafka
from jobs.generated import GENERATOR, generate
from jobs.local_cluster import read_cluster, start_cluster, stop_cluster
from jobs.submission import Submission, submit

RATE = 4_000
PARTITIONS = 2
VICTIMS = ("python", "taskmanager", "jobmanager")
_DAY_MS = 86_400_000
_QUIET_S = 120.0
_OPTIONS = {
    "restart-strategy.type": "fixed-delay",
    "restart-strategy.fixed-delay.attempts": "1000",
    "restart-strategy.fixed-delay.delay": "1 s",
    # Minutes by default: too long to wait for the news that a process is gone.
    "heartbeat.interval": "1000 ms",
    "heartbeat.timeout": "8000 ms",
}


@dataclass
class Outcome:
    """What a consumer saw: predictions by event, and when the last came."""

    scores: dict[str, float] = field(default_factory=dict)
    times: Counter[str] = field(default_factory=Counter)
    last_s: float = 0.0


def main(events: str = "200000", kills: str = "6", seed: str = "1") -> None:
    """Print the figures."""
    load = load_average()
    with tempfile.TemporaryDirectory(prefix="gress-bench-", ignore_cleanup_errors=True) as name:
        figures = run(Path(name), int(events), int(kills), int(seed))
    print(f"load average before {load}, after {load_average()}")
    print_figures(figures)


def run(folder: Path, events: int, kills: int, seed: int) -> dict[str, Any]:
    """Run the job twice, undisturbed and disturbed, and compare."""
    lines = make_lines(folder, events)
    wanted = undisturbed(folder, lines)
    with DevKafka(folder / "kafka", partitions=PARTITIONS) as broker:
        request = ClusterRequest(folder / "cluster", 2, 2, is_highly_available=True, options=_OPTIONS)
        cluster = start_cluster(request)
        try:
            config = write_config(folder / "job.yaml", broker.servers)
            submission = Submission(
                "fraud-detection", cluster.address, str(folder / "out"), config=config, is_detached=True
            )
            print(f"job {submit(submission, print).job_id}", flush=True)
            start = time.monotonic()
            victims: list[str] = []
            killer = threading.Thread(target=kill_at_random, args=(request, kills, seed, events / RATE, victims))
            producer = threading.Thread(target=produce, args=(broker.servers, lines))
            killer.start()
            producer.start()
            outcome = consume(broker.servers, set(wanted), killer)
            killer.join()
            producer.join()
        finally:
            stop_cluster(request.folder)
    return {
        "events": len(wanted),
        "kills": len(victims),
        "victims": dict(Counter(victims)),
        "lost": len(set(wanted) - set(outcome.scores)),
        "duplicates": sum(outcome.times.values()) - len(outcome.times),
        "score_mismatches": sum(outcome.scores[event] != wanted[event] for event in outcome.scores if event in wanted),
        "seconds": round(outcome.last_s - start, 1),
    }


def make_lines(folder: Path, events: int) -> list[str]:
    """Return generated card transactions in the order of their time."""
    days = 2 + events // 3_500
    path = generate(f"{GENERATOR}days={days},customers=2000,terminals=4000", folder)
    return path.read_text(encoding="utf-8").splitlines()[:events]


def undisturbed(folder: Path, lines: Sequence[str]) -> dict[str, float]:
    """Return the prediction of each event by a run over a file."""
    (folder / "events.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "jobs.cli", "run", "fraud-detection"]
    files = ["--input", str(folder / "events.jsonl"), "--output", str(folder / "undisturbed")]
    subprocess.run([*command, *files], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    parts = sorted((folder / "undisturbed" / "predictions").glob("part-*"))
    rows = (json.loads(line) for part in parts for line in part.read_text("utf-8").splitlines())
    return {row["event_id"]: row["prediction"] for row in rows}


def write_config(path: Path, servers: str) -> Path:
    """Write the shipped job's settings with Kafka at both ends."""
    yaml = YAML(typ="safe")
    tree = yaml.load(default_config("fraud-detection").read_text("utf-8"))
    tree["job"]["source"] = {"kafka": {"servers": servers, "topics": ["transactions"], "start": "earliest"}}
    topics = {name: name.replace("_", "-") for name in ("predictions", "alerts", "dead_letters")}
    tree["job"]["sink"] = {"kafka": {"servers": servers, **topics}}
    tree["execution"] |= {"parallelism": 2, "checkpoint_interval": "3s"}
    with path.open("w", encoding="utf-8") as file:
        YAML().dump(tree, file)
    return path


def produce(servers: str, lines: Sequence[str]) -> None:
    """Write events at a steady rate, a customer's to one partition; then a later one to each, which ends windows."""
    from confluent_kafka import Producer

    producer = Producer({"bootstrap.servers": servers, "linger.ms": 20, "enable.idempotence": True})
    start = time.monotonic()
    for number, line in enumerate(lines):
        if number % 100 == 0:
            time.sleep(max(0.0, start + number / RATE - time.monotonic()))
            producer.poll(0)
        customer = json.loads(line)["CUSTOMER_ID"]
        producer.produce("transactions", line, key=str(customer), partition=customer % PARTITIONS)
    last = json.loads(lines[-1])
    last["TX_DATETIME"] = _later(last["TX_DATETIME"])
    for partition in range(PARTITIONS):
        last["TRANSACTION_ID"] = -1 - partition
        producer.produce("transactions", json.dumps(last), partition=partition)
    producer.flush()


def _later(moment: Any) -> Any:
    import datetime as dt

    if isinstance(moment, (int, float)):
        return moment + _DAY_MS
    return (dt.datetime.fromisoformat(moment) + dt.timedelta(days=1)).isoformat()


def consume(servers: str, wanted: set[str], killer: threading.Thread) -> Outcome:
    """Read committed predictions until every event has one, and a while longer; or until none come any more."""
    from confluent_kafka import Consumer

    settings = {"bootstrap.servers": servers, "group.id": "check", "auto.offset.reset": "earliest"}
    consumer = Consumer({**settings, "isolation.level": "read_committed", "enable.auto.commit": False})
    consumer.subscribe(["predictions"])
    found, quiet_since = Outcome(), time.monotonic()
    while time.monotonic() - quiet_since < (_QUIET_S if len(found.scores) < len(wanted) or killer.is_alive() else 15):
        for message in consumer.consume(5_000, 0.5):
            if message.error():
                continue
            row = json.loads(message.value())
            if row["event_id"] in wanted:
                found.scores[row["event_id"]] = row["prediction"]
                found.times[row["event_id"]] += 1
                quiet_since = found.last_s = time.monotonic()
    consumer.close()
    return found


def kill_at_random(request: ClusterRequest, kills: int, seed: int, seconds: float, victims: list[str]) -> None:
    """Kill processes at random moments while events are written, and start what is gone."""
    random_ = random.Random(seed)
    moments = sorted(random_.uniform(5, seconds) for _ in range(kills))
    order = [VICTIMS[number % len(VICTIMS)] for number in range(kills)]
    random_.shuffle(order)
    start = time.monotonic()
    for moment, kind in zip(moments, order, strict=True):
        time.sleep(max(0.0, start + moment - time.monotonic()))
        pid = _victim(request, kind, random_)
        if pid is None:
            continue
        os.kill(pid, signal.SIGKILL)
        victims.append(kind)
        print(f"{time.monotonic() - start:.0f} s: kill -9 {kind} {pid}", flush=True)
        if kind != "python":
            time.sleep(2)
            start_cluster(request)


def _victim(request: ClusterRequest, kind: str, random_: random.Random) -> int | None:
    if kind == "python":
        found = [pid for pid in _descendants(request) if b"pyflink" in _command(pid) and b"java" not in _command(pid)]
    else:
        found = [member.pid for member in read_cluster(request.folder).members if member.role == kind]
    return random_.choice(sorted(found)) if found else None


def _descendants(request: ClusterRequest) -> set[int]:
    from benchmarks.measure import all_processes, descendants

    roots = {member.pid for member in read_cluster(request.folder).members if member.role == "taskmanager"}
    return descendants(all_processes(), roots) - roots


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


if __name__ == "__main__":
    main(*sys.argv[1:])
