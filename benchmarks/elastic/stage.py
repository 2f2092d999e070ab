"""The stage of a run: a broker, a store and a cluster, the job between them, rows that come, and the autoscaler."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
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
class Stage:
    """A job under load, with an autoscaler.

    Attributes:
        plan: load, cluster and policy.
        request: of the cluster.
        servers: address of the broker.
        sender: of the rows.
        watched: what the autoscaler saw and did.
        pool: threads of sender and autoscaler.
        running: what they do.
    """

    plan: Plan
    request: ClusterRequest
    servers: str
    sender: Sender
    watched: Watched
    pool: ThreadPoolExecutor
    running: list[Future[None]] = field(default_factory=list)

    def begin(self) -> None:
        """Let rows come, then the autoscaler look, and count rows from when it is calm."""
        self.running.append(self.pool.submit(self.sender.run))
        self.wait(lambda: self.predictions() > 0, "a first prediction")
        self.running.append(self.pool.submit(self.watched.run))
        self.wait_calm()
        self.sender.counting.set()

    def end(self) -> tuple[int, Answers]:
        """Return the number of rows that count, and what became of them."""
        self.sender.counting.clear()
        rows = self.sender.sent
        answers = read_answers(self.servers, rows, self.plan.partitions, self.plan.settle_s)
        self.stop()
        for each in self.running:
            each.result()
        return rows, answers

    def stop(self) -> None:
        """Stop sender and autoscaler."""
        self.sender.stop.set()
        self.watched.stop.set()

    def predictions(self) -> int:
        """Return how many predictions there are."""
        return predictions_in(self.servers, self.plan.partitions)

    def wait_calm(self) -> None:
        """Wait until the load fits."""
        samples = self.watched.samples
        self.wait(lambda: bool(samples) and samples[-1].decision.cause == "calm", "a calm job")

    def wait(self, is_so: Callable[[], bool], what: str, patience_s: float = _PATIENCE_S) -> None:
        """Wait until something is so.

        Raises:
            RuntimeError: the job ended, or the broker did not take a row.
            TimeoutError: it was not within the patience.
        """
        deadline = time.monotonic() + patience_s
        while not is_so():
            for each in (each for each in self.running if each.done()):
                each.result()
                msg = f"expected {what}, got the end of the job"
                raise RuntimeError(msg)
            if time.monotonic() > deadline:
                msg = f"expected {what} within {patience_s:.0f} s, got none"
                raise TimeoutError(msg)
            time.sleep(_POLL_S)


@contextmanager
def staged(folder: Path, plan: Plan) -> Iterator[Stage]:
    """Set the stage for a plan, and clear it.

    Args:
        folder: folder for all files.
        plan: load, cluster and policy.

    Raises:
        JobError: broker, cluster or job do not start.
        TimeoutError: tasks do not run within minutes.
    """
    request = ClusterRequest(folder / "cluster", plan.slots, plan.task_managers, options=_OPTIONS)
    with DevKafka(folder / "kafka", partitions=plan.partitions) as broker, SlowStore(plan.entity_s) as store:
        create_topics(broker.servers, [EVENTS, *RESULTS.values()], partitions=plan.partitions)
        cluster = start_cluster(request)
        try:
            job = _submit(folder, cluster.address, broker.servers, store.address)
            sender = Sender(broker.servers, plan)
            watched = Watched(cluster.address, job, plan.policy, plan.look_s, sender.second, plan.rate)
            with ThreadPoolExecutor(2) as pool:
                stage = Stage(plan, request, broker.servers, sender, watched, pool)
                # Rows that wait while the job starts would be a load of their own.
                stage.wait(lambda: look_at_job(FlinkRest(cluster.address), job, 0.0).is_whole, "all tasks to run")
                try:
                    yield stage
                finally:
                    stage.stop()
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
