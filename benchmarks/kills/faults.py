"""The fraud job from Kafka to Kafka on a local cluster while processes are killed: it loses and repeats nothing.

A broker with two partitions, a cluster of two TaskManagers and two JobManagers (ZooKeeper between them), and the
fraud job with its windows, exactly once. While events are written, the benchmark sends ``kill -9`` ``KILLS`` times at a
random moment to a Python worker, a TaskManager, the leading JobManager or the broker. It restarts the process, as an
operator would, the broker after 30 s. A consumer in read_committed mode compares the predictions with those of an
undisturbed run over the same events in a file.

Figures: ``events``, ``kills``, ``lost`` (events without a prediction), ``duplicates`` (surplus predictions),
``score_mismatches`` (scores that differ from the undisturbed run), ``dead_letters`` (by reason, if there are any),
``seconds`` from the first event to the last prediction.

``python -m benchmarks faults [EVENTS KILLS SEED VICTIMS]``, VICTIMS as in ``python,taskmanager,jobmanager`` (the
default) or ``broker``. Fetches the broker's jars where they are missing.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from benchmarks.kafka_job import EVENTS, PARTITIONS, RESULTS, fetch_missing_jars, write_config
from benchmarks.kills.killer import VICTIMS, Killer
from benchmarks.measure import load_average, print_figures
from gress import ClusterRequest, Submission, start_cluster, stop_cluster, submit
from gress.dev.broker import DevKafka
from jobs.catalogue import default_config
from jobs.sources.generated import GENERATOR, generate

MISSED_SOON = {"heartbeat.interval": "1000 ms", "heartbeat.timeout": "8000 ms"}
"""Options of a cluster that detects dead processes sooner than the shipped ones."""

NEVER_GIVES_UP = {
    "restart-strategy.exponential-delay.attempts-before-reset-backoff": "1000",
    "restart-strategy.exponential-delay.max-backoff": "2 s",
}
"""Options for frequent faults; with the shipped ones a job fails after five in a row."""

_DAY_MS = 86_400_000
_QUIET_S = 300.0


@dataclass(frozen=True)
class Plan:
    """A plan of the faults while events are written.

    Attributes:
        victims: kinds of processes to kill, each once.
        seed: seed of the moments and their order.
        rate: events a second.
        outage_s: seconds for which a killed broker stays away.
        settle_s: seconds to look for duplicates after the last prediction.
        options: Flink options of the cluster.
    """

    victims: Sequence[str]
    seed: int = 1
    rate: int = 4_000
    outage_s: float = 30.0
    settle_s: float = 15.0
    options: Mapping[str, str] = field(default_factory=lambda: MISSED_SOON | NEVER_GIVES_UP)


@dataclass
class Outcome:
    """The records that a consumer saw: predictions by event, reasons of dead letters, time of the last prediction."""

    scores: dict[str, float] = field(default_factory=dict)
    times: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    last_s: float = 0.0


def main(events: str = "200000", kills: str = "6", seed: str = "1", victims: str = ",".join(VICTIMS[:3])) -> None:
    """Print the figures."""
    kinds = victims.split(",")
    if unknown := set(kinds) - set(VICTIMS):
        sys.exit(f"expected victims of {', '.join(VICTIMS)}, got {', '.join(sorted(unknown))}")
    fetch_missing_jars()
    load = load_average()
    # Broker outages must pass with the shipped options.
    options = MISSED_SOON if kinds == ["broker"] else MISSED_SOON | NEVER_GIVES_UP
    plan = Plan(list(islice(cycle(kinds), int(kills))), int(seed), options=options)
    with tempfile.TemporaryDirectory(prefix="gress-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        lines = make_lines(folder, int(events))
        config = default_config("fraud-detection")
        figures = disturbed(folder, lines, undisturbed(folder, lines), config, plan)
    print(f"load average before {load}, after {load_average()}")
    print_figures(figures)


def disturbed(
    folder: Path, lines: Sequence[str], wanted: Mapping[str, float], config: Path, plan: Plan
) -> dict[str, Any]:
    """Run a job from Kafka to Kafka while processes are killed, and compare its predictions.

    Args:
        folder: folder for all files.
        lines: events, in the order of their time.
        wanted: expected predictions by event id.
        config: settings of the fraud job; Kafka replaces their source and sink.
        plan: plan of the faults.
    """
    with DevKafka(folder / "kafka", partitions=PARTITIONS) as broker:
        request = ClusterRequest(folder / "cluster", 2, 2, is_highly_available=True, options=plan.options)
        cluster = start_cluster(request)
        try:
            kafka = write_config(folder / "job.yaml", config, broker.servers, interval="3s", has_sink=True)
            job = Submission("fraud-detection", cluster.address, str(folder / "out"), config=kafka, is_detached=True)
            print(f"job {submit(job, print).job_id}", flush=True)
            start = time.monotonic()
            killer = Killer(request, broker, plan.outage_s)
            with ThreadPoolExecutor(2) as pool:
                seconds = len(lines) / plan.rate
                killing = pool.submit(killer.kill_at_random, list(plan.victims), seed=plan.seed, seconds=seconds)
                producing = pool.submit(produce, broker.servers, lines, plan.rate)
                outcome = consume(broker.servers, set(wanted), killing.done, plan.settle_s)
                _raise_errors(killing, producing)
        finally:
            stop_cluster(request.folder)
    return {
        "events": len(wanted),
        "kills": len(killer.killed),
        "victims": dict(Counter(killer.killed)),
        "lost": len(set(wanted) - set(outcome.scores)),
        "duplicates": sum(outcome.times.values()) - len(outcome.times),
        "score_mismatches": sum(outcome.scores[event] != wanted[event] for event in outcome.scores),
        "dead_letters": dict(outcome.reasons),
        "seconds": round(outcome.last_s - start, 1),
    }


def _raise_errors(*futures: Future[None]) -> None:
    for future in futures:
        future.result()


def make_lines(folder: Path, events: int) -> list[str]:
    """Return generated card transactions in the order of their time."""
    days = 2 + events // 3_500
    path = generate(f"{GENERATOR}days={days},customers=2000,terminals=4000", folder)
    return path.read_text(encoding="utf-8").splitlines()[:events]


def undisturbed(folder: Path, lines: Sequence[str]) -> dict[str, float]:
    """Return the prediction of each event by a run over a file."""
    (folder / "events.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "gress.cli.main", "run", "fraud-detection"]
    files = ["--input", str(folder / "events.jsonl"), "--output", str(folder / "undisturbed")]
    subprocess.run([*command, *files], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    parts = sorted((folder / "undisturbed" / "predictions").glob("part-*"))
    rows = (json.loads(line) for part in parts for line in part.read_text("utf-8").splitlines())
    return {row["event_id"]: row["prediction"] for row in rows}


def produce(servers: str, lines: Sequence[str], rate: int) -> None:
    """Write events at a steady rate, a customer's to one partition; then a later one to each, which ends windows.

    Raises:
        RuntimeError: the broker did not take one of them.
    """
    from confluent_kafka import Producer

    refused: list[str] = []

    def note(error: object, _: object) -> None:
        if error is not None:
            refused.append(str(error))

    # The producer keeps events here while the broker is away.
    queue = {"queue.buffering.max.messages": 2_000_000, "queue.buffering.max.kbytes": 1_000_000}
    producer = Producer(
        {"bootstrap.servers": servers, "linger.ms": 20, "enable.idempotence": True, "log_level": 0, **queue}
    )
    start = time.monotonic()
    for number, line in enumerate(lines):
        if number % 100 == 0:
            time.sleep(max(0.0, start + number / rate - time.monotonic()))
            producer.poll(0)
        customer = json.loads(line)["CUSTOMER_ID"]
        producer.produce(EVENTS, line, key=str(customer), partition=customer % PARTITIONS, on_delivery=note)
    last = json.loads(lines[-1])
    last["TX_DATETIME"] = _later(last["TX_DATETIME"])
    for partition in range(PARTITIONS):
        last["TRANSACTION_ID"] = -1 - partition
        producer.produce(EVENTS, json.dumps(last), partition=partition, on_delivery=note)
    left = producer.flush(_QUIET_S)
    if left or refused:
        message = f"expected the broker to take all events, got {left} left and {len(refused)} refused: {refused[:1]}"
        raise RuntimeError(message)


def _later(moment: Any) -> Any:
    import datetime as dt

    if isinstance(moment, (int, float)):
        return moment + _DAY_MS
    return (dt.datetime.fromisoformat(moment) + dt.timedelta(days=1)).isoformat()


def consume(servers: str, wanted: set[str], are_kills_over: Callable[[], bool], settle_s: float) -> Outcome:
    """Read committed records until every event has a prediction, and a while longer, or until none comes."""
    from confluent_kafka import Consumer

    settings = {"bootstrap.servers": servers, "group.id": "check", "auto.offset.reset": "earliest", "log_level": 0}
    # The first record creates a topic.
    settings |= {"isolation.level": "read_committed", "topic.metadata.refresh.interval.ms": 1000}
    consumer = Consumer({**settings, "enable.auto.commit": False})
    predictions, letters = RESULTS["predictions"], RESULTS["dead_letters"]
    consumer.subscribe([predictions, letters])
    found, quiet_since = Outcome(), time.monotonic()
    # After an outage a consumer may start again, so count the records in the topics, not the reads.
    read: dict[tuple[str, int], int] = {}
    while True:
        if not are_kills_over():
            quiet_since = time.monotonic()
        if time.monotonic() - quiet_since > (settle_s if len(found.scores) == len(wanted) else _QUIET_S):
            break
        for message in consumer.consume(5_000, 0.5):
            place = message.topic(), message.partition()
            if message.error() or message.offset() <= read.get(place, -1):
                continue
            read[place] = message.offset()
            row = json.loads(message.value())
            if message.topic() == letters:
                found.reasons[row["reason"]] += 1
            elif row["event_id"] in wanted:
                found.scores[row["event_id"]] = row["prediction"]
                found.times[row["event_id"]] += 1
                quiet_since = found.last_s = time.monotonic()
    consumer.close()
    return found


if __name__ == "__main__":
    main(*sys.argv[1:])
