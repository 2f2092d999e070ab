"""A job on a cluster with the adaptive scheduler gets more tasks on its way, and scores every event once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gress.autoscale.graph import Look
from gress.autoscale.look import look_at_job
from gress.autoscale.loop import require_adaptive, rescale
from gress.autoscale.needs import bound
from gress.autoscale.policy import Policy
from gress.cluster.conf import ADAPTIVE, ClusterRequest
from gress.cluster.local import start_cluster, stop_cluster
from jobs.sources.generated import parse_generator
from jobs.sources.transactions import TransactionGenerator, write
from tests.support.cluster import TestCluster, wait_until
from tests.support.fraud_config import write_fraud_config
from tests.support.job_runs import read_parts

pytestmark = pytest.mark.slow

# Bundles of a few rows take long enough, and there is a checkpoint to go on from.
_SET = ("job.inference.batch_size=24", "execution.checkpoint_interval=1s", "execution.parallelism=1")


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


def test_job_that_is_rescaled_scores_every_event_once(elastic: TestCluster, tmp_path: Path) -> None:
    require_adaptive(elastic.rest)
    days, settings = parse_generator("generator:days=10,customers=3000,terminals=2000")
    write(tmp_path / "in.jsonl", TransactionGenerator(settings).days(days))
    events = sum(1 for _ in (tmp_path / "in.jsonl").open("rb"))
    config = write_fraud_config(tmp_path / "config", parallelism=1)
    given = ["--input", "in.jsonl", "--output", "out", "--config", config, "--detached"]
    given += [part for setting in _SET for part in ("--set", setting)]
    job = elastic.answer("submit", "fraud-detection", *given, folder=tmp_path)["job_id"]

    def look() -> Look:
        return look_at_job(elastic.rest, job, 0.0)

    path = f"/jobs/{job}/checkpoints"
    wait_until(lambda: elastic.rest.get(path)["counts"]["completed"] > 0)
    wait_until(lambda: any(vertex.totals is not None and vertex.totals.records for vertex in look().vertices.values()))
    before = look()
    assert (before.is_whole, before.slots, set(before.parallelism.values())) == (True, 2, {1})
    wanted = {vertex.id: bound(before, vertex, Policy())[1] for vertex in before.vertices.values()}
    rescale(elastic.rest, job, wanted)
    wait_until(lambda: look().attempt != before.attempt and look().is_whole)
    assert look().parallelism == wanted
    assert max(wanted.values()) == 2
    wait_until(lambda: elastic.rest.job(job).is_ended)
    assert elastic.rest.job(job).state == "FINISHED"
    predictions, letters = read_parts(tmp_path / "out" / "predictions"), tmp_path / "out" / "dead_letters"
    assert predictions["event_id"].is_unique
    # The small model has no score for an amount of 0.
    assert len(predictions) + (len(read_parts(letters)) if letters.is_dir() else 0) == events
