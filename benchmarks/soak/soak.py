"""A soak: the cluster, the broker and the job, and what happens to them together."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.kafka_job import EVENTS, PARTITIONS, RESULTS, write_config
from benchmarks.kills.faults import NEVER_GIVES_UP
from benchmarks.soak.counts import Counts, read_results, rows_in, wait_for_result
from benchmarks.soak.deployments import Deployments
from benchmarks.soak.faults import Faults
from benchmarks.soak.feeder import Feeder
from benchmarks.soak.plan import Plan
from benchmarks.soak.processes import ProcessWatch
from benchmarks.soak.slope import Slope
from benchmarks.soak.small_disk import SmallDisk
from gress import ClusterRequest, Submission, start_cluster, stop_cluster, submit
from gress.dev.broker import DevKafka
from gress.dev.client import create_topics
from gress.metrics.scrape import scrape
from jobs.flink.ports import free_port
from jobs.flink.rest import FlinkRest
from models.registry import local_registry

CONFIG = Path(__file__).parents[1] / "data" / "soak.yaml"
_OPTIONS = {
    **NEVER_GIVES_UP,
    "taskmanager.memory.process.size": "2g",
    "jobmanager.memory.process.size": "1g",
    # A heap that is there as a whole from the start: what grows later is outside of it.
    "env.java.opts.taskmanager": "-XX:+AlwaysPreTouch",
    "env.java.opts.jobmanager": "-XX:+AlwaysPreTouch",
}
_SCRAPE_EVERY_S, _SCRAPE_S = 5.0, 3.0


@dataclass
class Outcome:
    """Findings of a soak.

    Attributes:
        figures: counts.
        slopes: trends by kind of process and quantity.
        latest: last values likewise.
        samples: seconds, kind, quantity, process id and value of each look.
    """

    figures: dict[str, Any]
    slopes: dict[tuple[str, str], Slope | None]
    latest: dict[tuple[str, str], float]
    samples: list[tuple[float, str, str, int, float]]


@dataclass
class Scraper:
    """A scraper of a metrics endpoint, as Prometheus is one.

    Attributes:
        endpoint: HOST:PORT.
        stop: set to end.
        answers: how many scrapes had an answer.
        failures: how many had none.
    """

    endpoint: str
    stop: threading.Event = field(default_factory=threading.Event)
    answers: int = 0
    failures: int = 0

    def run(self) -> None:
        """Scrape every few seconds."""
        while not self.stop.wait(_SCRAPE_EVERY_S):
            if scrape(self.endpoint, timeout_s=_SCRAPE_S).problem:
                self.failures += 1
            else:
                self.answers += 1


def soak(folder: Path, plan: Plan) -> Outcome:
    """Run a soak.

    Args:
        folder: folder for all files; it gets the small disk.
        plan: load and changes.

    Raises:
        PermissionError: this user may not mount a disk.
        JobError: broker, cluster or job do not start.
    """
    with SmallDisk(folder / "disk", plan.disk_mib) as disk, DevKafka(folder / "kafka", partitions=PARTITIONS) as broker:
        create_topics(broker.servers, [EVENTS, *RESULTS.values()], partitions=PARTITIONS)
        deployments = Deployments(plan, folder / "models", local_registry(folder / "models"))
        # Another one comes with the first row that counts.
        deployments.deploy_in_a_hurry()
        request = ClusterRequest(disk.folder / "cluster", PARTITIONS, options=_OPTIONS)
        with _temporary_files(disk.folder / "tmp"):
            cluster = start_cluster(request)
        try:
            scraper = Scraper(f"127.0.0.1:{free_port()}")
            job = _submit(folder, cluster.address, broker.servers, scraper.endpoint)
            with ProcessWatch(request.folder, plan.look_s) as watch:
                faults = Faults(plan, disk, broker)
                figures = _feed(plan, broker.servers, deployments, faults, scraper)
            figures |= {**_job_figures(cluster.address, job), "processes": watch.processes()}
            return Outcome(figures, watch.slopes(plan.warm_s, faults.ends), watch.latest(), watch.samples())
        finally:
            stop_cluster(request.folder)


@contextmanager
def _temporary_files(folder: Path) -> Iterator[None]:
    """Let processes that start here keep their temporary files in a folder."""
    folder.mkdir()
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = before


def _submit(folder: Path, cluster: str, servers: str, endpoint: str) -> str:
    config = write_config(folder / "job.yaml", CONFIG, servers, interval="3s", has_sink=True)
    overrides = (
        f"ml.model_registry.base_path={folder / 'models'}",
        f"ml.metrics.port={endpoint.rpartition(':')[2]}",
        f"execution.parallelism={PARTITIONS}",
    )
    output = str(folder / "out")
    request = Submission("fraud-detection", cluster, output, config=config, overrides=overrides, is_detached=True)
    return submit(request, print).job_id


def _feed(plan: Plan, servers: str, deployments: Deployments, faults: Faults, scraper: Scraper) -> dict[str, Any]:
    """Send rows while everything changes, and count what becomes of them."""
    feeder, counts = Feeder(servers, plan), Counts(plan.rows, plan.malformed_every)
    tasks = (feeder, deployments, faults, scraper)
    with ThreadPoolExecutor(len(tasks)) as pool:
        running = [pool.submit(feeder.run)]
        try:
            wait_for_result(servers, running[0].running)
            feeder.working.set()
            running += [pool.submit(task.run) for task in tasks[1:]]
            feeder.counted.wait()
            for changing in running[1:3]:
                changing.result()
            read_results(servers, counts, plan.settle_s)
        finally:
            for task in tasks:
                task.stop.set()
    for each in running:
        each.result()
    served = set(counts.versions)
    return {
        "rows": plan.rows,
        "predictions": int(counts.predictions.sum()),
        "dead_letters": dict(counts.reasons),
        "lost": counts.lost,
        "surplus": counts.surplus,
        "misplaced": counts.misplaced,
        "rows_sent": feeder.sent,
        "rows_taken": rows_in(servers),
        "versions": len(served),
        "versions_unserved": sorted(set(deployments.unhurried) - served),
        "versions_served_in_error": sorted(served - set(deployments.whole)),
        "scrapes": scraper.answers,
        "scrapes_failed": scraper.failures,
    }


def _job_figures(address: str, job: str) -> dict[str, Any]:
    rest = FlinkRest(address)
    counts = rest.get(f"/jobs/{job}/checkpoints")["counts"]
    failures = rest.get(f"/jobs/{job}/exceptions")["exceptionHistory"]["entries"]
    return {
        "job": rest.job(job).state,
        "failures": [failure["exceptionName"] for failure in failures],
        "checkpoints": counts["completed"],
        "checkpoints_failed": counts["failed"],
    }
