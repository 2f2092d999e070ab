"""A run: the cluster, the broker, the store and the job, and what happens to them together."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML

from benchmarks.elastic.answers import Answers, predictions_in, read_answers
from benchmarks.elastic.plan import Plan
from benchmarks.elastic.sender import Sender
from benchmarks.elastic.slow_store import SlowStore
from benchmarks.elastic.watched import Watched
from benchmarks.kafka_job import EVENTS, RESULTS
from benchmarks.kills.faults import MISSED_SOON, NEVER_GIVES_UP
from gress import ClusterRequest, Submission, start_cluster, stop_cluster, submit
from gress.autoscale.look import look_at_job
from gress.cluster.conf import ADAPTIVE
from gress.cluster.local import read_cluster
from gress.dev.broker import DevKafka
from gress.dev.client import create_topics
from jobs.flink.rest import FlinkRest

CONFIG = Path(__file__).parents[1] / "data" / "elastic.yaml"
NETWORK = Path(__file__).parents[1] / "data" / "network.onnx"
_OPTIONS = {
    **ADAPTIVE,
    **MISSED_SOON,
    **NEVER_GIVES_UP,
    # A killed process is missed by its closed connection; one that only waits for a busy machine must not be.
    "heartbeat.timeout": "20 s",
    "taskmanager.memory.process.size": "2g",
    "jobmanager.memory.process.size": "1g",
    # So would buffers between tasks.
    "taskmanager.memory.segment-size": "4kb",
    "taskmanager.network.memory.buffer-debloat.enabled": "true",
}
_PATIENCE_S = 600.0
_POLL_S = 0.5


@dataclass
class Outcome:
    """Findings of a run.

    Attributes:
        rows: rows that count.
        answers: what became of them.
        watched: what the autoscaler saw and did.
        recovered_s: seconds from the kill of a TaskManager to the next prediction.
        restored_s: seconds from the start of another to all slots.
    """

    rows: int
    answers: Answers
    watched: Watched
    recovered_s: float
    restored_s: float


def elastic(folder: Path, plan: Plan) -> Outcome:
    """Run a plan.

    Args:
        folder: folder for all files.
        plan: load, cluster and policy.

    Raises:
        JobError: broker, cluster or job do not start.
        TimeoutError: the job stands still for minutes.
    """
    request = ClusterRequest(folder / "cluster", plan.slots, plan.task_managers, options=_OPTIONS)
    with DevKafka(folder / "kafka", partitions=plan.partitions) as broker, SlowStore(plan.entity_s) as store:
        create_topics(broker.servers, [EVENTS, *RESULTS.values()], partitions=plan.partitions)
        cluster = start_cluster(request)
        try:
            job = _submit(folder, cluster.address, broker.servers, store.address)
            sender = Sender(broker.servers, plan)
            watched = Watched(cluster.address, job, plan.policy, plan.look_s, sender.second, plan.rate)
            # Rows that wait while the job starts would be a load of their own.
            _wait(lambda: look_at_job(FlinkRest(cluster.address), job, 0.0).is_whole, "all tasks to run")
            with ThreadPoolExecutor(2) as pool:
                running = [pool.submit(sender.run)]
                try:
                    return _run(plan, request, broker.servers, sender, watched, pool, running)
                finally:
                    sender.stop.set()
                    watched.stop.set()
        finally:
            stop_cluster(request.folder)


def _submit(folder: Path, cluster: str, servers: str, store: str) -> str:
    tree = YAML(typ="safe").load(CONFIG.read_text("utf-8"))
    tree["job"]["source"] = {
        # A source of the default size would hold all rows that wait at such rates, and the topic none.
        "kafka": {"servers": servers, "topics": [EVENTS], "start": "earliest", "options": {"max.poll.records": "2"}}
    }
    tree["job"]["sink"] = {"kafka": {"servers": servers, **RESULTS}}
    tree["ml"]["feature_store"]["redis_addr"] = store
    tree["ml"]["models"][0]["path"] = str(NETWORK)
    config = folder / "job.yaml"
    with config.open("w", encoding="utf-8") as file:
        YAML().dump(tree, file)
    request = Submission("fraud-detection", cluster, str(folder / "out"), config=config, is_detached=True)
    return submit(request, print).job_id


def _run(
    plan: Plan,
    request: ClusterRequest,
    servers: str,
    sender: Sender,
    watched: Watched,
    pool: ThreadPoolExecutor,
    running: list[Future[None]],
) -> Outcome:
    """Let the load grow and fall, kill a TaskManager, and read what became of the rows."""
    _wait(lambda: predictions_in(servers, plan.partitions) > 0, "a first prediction")
    running.append(pool.submit(watched.run))
    _wait(lambda: bool(watched.samples) and watched.samples[-1].decision.cause == "calm", "a calm job")
    sender.counting.set()
    _wait(lambda: sender.second() > plan.low_s + plan.high_s + plan.calm_s, "the end of the plan", 3_600.0)
    _wait(lambda: "down" in [each.decision.action for each in watched.rescales], "fewer tasks")
    _wait(lambda: watched.samples[-1].decision.cause == "calm", "a calm job")
    recovered_s, restored_s = _lose_task_manager(plan, request, watched, servers)
    sender.counting.clear()
    rows = sender.sent
    answers = read_answers(servers, rows, plan.partitions, plan.settle_s)
    sender.stop.set()
    watched.stop.set()
    for each in running:
        each.result()
    return Outcome(rows, answers, watched, recovered_s, restored_s)


def _lose_task_manager(plan: Plan, request: ClusterRequest, watched: Watched, servers: str) -> tuple[float, float]:
    """Kill the TaskManager that works, wait for predictions of the others, and start another in its place."""
    name = _working(FlinkRest(watched.address), watched.job)
    pid = next(member.pid for member in read_cluster(request.folder).members if member.name == name)
    os.kill(pid, signal.SIGKILL)
    killed_s = time.monotonic()
    # Rows on their way come out within the interval of checkpoints; wait until the loss was seen.
    _wait(lambda: watched.samples[-1].decision.cause in ("starting", "cluster"), "the loss to be seen")
    before = predictions_in(servers, plan.partitions)
    _wait(lambda: predictions_in(servers, plan.partitions) > before, "predictions after the loss")
    recovered_s = time.monotonic() - killed_s
    print(f"{name} was killed; predictions came after {recovered_s:.1f} s", flush=True)
    started_s = time.monotonic()
    start_cluster(request)
    return recovered_s, time.monotonic() - started_s


def _working(rest: FlinkRest, job: str) -> str:
    """Return the id of the TaskManager that runs the first task of the source."""
    source = next(each for each in rest.get(f"/jobs/{job}")["vertices"] if each["name"].startswith("Source"))
    found = rest.get(f"/jobs/{job}/vertices/{source['id']}/taskmanagers")["taskmanagers"]
    return str(found[0]["taskmanager-id"])


def _wait(is_so: Callable[[], bool], what: str, patience_s: float = _PATIENCE_S) -> None:
    deadline = time.monotonic() + patience_s
    while not is_so():
        if time.monotonic() > deadline:
            msg = f"expected {what} within {patience_s:.0f} s, got none"
            raise TimeoutError(msg)
        time.sleep(_POLL_S)
