"""A job on a cluster with the adaptive scheduler gets more tasks on its way, and scores every event once.

Its stream falls silent before and after: the last events come out without an event that follows them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from gress.autoscale.graph import Look
from gress.autoscale.look import look_at_job
from gress.autoscale.loop import require_adaptive, rescale
from gress.autoscale.needs import bound
from gress.autoscale.policy import Policy
from gress.cluster.conf import ADAPTIVE, ClusterRequest
from gress.cluster.local import start_cluster, stop_cluster
from gress.dev.client import create_topics
from tests.integration.kafka.gress_run import READ_S
from tests.integration.kafka.topics import Reader, Sent, Topics, send
from tests.support.cluster import TestCluster, wait_until
from tests.support.crafted_input import CraftedInput
from tests.support.fraud_config import write_fraud_config
from tests.support.job_runs import JobRun


@pytest.fixture
def elastic(tmp_path: Path) -> Iterator[TestCluster]:
    """A cluster of one TaskManager with two slots."""
    options = {**ADAPTIVE, "taskmanager.memory.process.size": "2560m"}
    request = ClusterRequest(tmp_path / "cluster", slots=2, options=options)
    started = start_cluster(request)
    try:
        yield TestCluster(request, started)
    finally:
        stop_cluster(request.folder)


def test_job_that_is_rescaled_scores_as_one_that_is_not(
    elastic: TestCluster,
    new_topics: Callable[[], Topics],
    crafted: CraftedInput,
    crafted_run: JobRun,
    tmp_path: Path,
) -> None:
    require_adaptive(elastic.rest)
    topics, lines = new_topics(), crafted.good_lines()
    half = len(lines) // 2
    expected = {row["event_id"]: row["prediction"] for row in crafted_run.predictions.to_dict("records")}
    first = {json.loads(line)["TRANSACTION_ID"] for line in lines[:half]} & expected.keys()

    def put(texts: Sequence[str]) -> None:
        send(topics.servers, [Sent(topics.events, None, text.encode()) for text in texts])

    # One partition keeps the order of the lines.
    create_topics(topics.servers, [topics.events], partitions=1)
    put(lines[:half])
    job = _submit(elastic, topics, tmp_path)
    reader = Reader(topics.servers, topics.written)
    predictions = reader.values[topics.predictions]
    reader.read(until=lambda: len(predictions) >= len(first), timeout_s=READ_S)
    assert {row["event_id"] for row in predictions} == first

    def look() -> Look:
        return look_at_job(elastic.rest, job, 0.0)

    # The cluster shows counts of tasks some seconds after they have begun.
    wait_until(lambda: any(vertex.totals is not None and vertex.totals.records for vertex in look().vertices.values()))
    before = look()
    assert (before.is_whole, before.slots, set(before.parallelism.values())) == (True, 2, {1})
    wanted = {vertex.id: bound(before, vertex, Policy())[1] for vertex in before.vertices.values()}
    assert sorted(set(wanted.values())) == [1, 2]
    rescale(elastic.rest, job, wanted)
    wait_until(lambda: look().attempt != before.attempt and look().is_whole)
    assert look().parallelism == wanted
    put(lines[half:])
    reader.read(until=lambda: len(predictions) >= len(expected), timeout_s=READ_S)
    reader.rest()
    reader.close()
    elastic.cancel(job)
    assert len(predictions) == len(expected)
    assert {row["event_id"]: row["prediction"] for row in predictions} == expected


def _submit(cluster: TestCluster, topics: Topics, folder: Path) -> str:
    settings = [
        *topics.source(start="earliest", idle_timeout="500ms"),
        *topics.sink(delivery="exactly_once"),
        "execution.checkpoint_interval=1s",
        "job.inference.batch_timeout=50ms",
    ]
    given = ["--config", write_fraud_config(folder / "config", parallelism=1), "--detached"]
    given += [part for setting in settings for part in ("--set", setting)]
    job: str = cluster.answer("submit", "fraud-detection", *given, folder=folder)["job_id"]
    return job
