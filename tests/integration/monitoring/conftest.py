from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

from conf.settings import MetricsSettings
from jobs.flink.ports import free_port
from models.inspect import spec_from_file
from models.spec import spec_text
from tests.integration.monitoring.monitored import Monitored
from tests.monitoring.prometheus import Prometheus
from tests.state.drift.record_golden import baseline_document
from tests.support.crafted_input import CraftedInput
from tests.support.fraud_config import FEATURES, expected_features, write_fraud_config
from tests.support.job_runs import run_job
from tests.support.small_model import expected_score, write_model
from udfs.metrics.exporter import MetricsServer

_ROWS = 25_000
_LEAST_S = 10
"""Seconds of the job that Prometheus must have seen, for rates over some of them."""
_OF_JOB = ("flink_taskmanager_job_task_busyTimeMsPerSecond", "flink_jobmanager_job_lastCheckpointSize")
_TRAINED_ON = 2_000


def write_config_with_baseline(folder: Path) -> Path:
    """Write the fraud job's settings, with a model that knows what its features were like in training."""
    rows = CraftedInput(_TRAINED_ON).rows
    rows = rows[rows["TX_AMOUNT"] > 0].reset_index(drop=True)
    features = expected_features(rows)
    baseline = baseline_document(features, list(FEATURES), expected_score(features))
    model = write_model(folder / "model", width=len(FEATURES))
    spec = spec_from_file(model, "fraud-detector", "2.0.0", feature_columns=FEATURES, baseline=baseline)
    model.with_name("model.json").write_text(spec_text(spec), "utf-8")
    return write_fraud_config(folder, model=model)


@pytest.fixture(scope="session")
def monitored(tmp_path_factory: pytest.TempPathFactory, no_service: Callable[[str], NoReturn]) -> Iterator[Monitored]:
    """The fraud job with all its metrics on, in the throughput profile, with rows for some seconds of this machine."""
    if shutil.which("prometheus") is None:
        no_service("prometheus is not installed: apt-get install prometheus")
    with _monitored(tmp_path_factory.mktemp("monitored"), _ROWS) as (found, seconds):
        if seconds >= _LEAST_S:
            yield found
            return
    rows = _ROWS * math.ceil(1.5 * _LEAST_S / max(seconds, 1))
    with _monitored(tmp_path_factory.mktemp("monitored"), rows) as (found, _):
        yield found


@contextmanager
def _monitored(folder: Path, rows: int) -> Iterator[tuple[Monitored, float]]:
    """Run the job over so many rows; yield also for how many seconds Prometheus saw it."""
    port, flink_port = free_port(), free_port()
    config = write_config_with_baseline(folder / "config")
    source = CraftedInput(rows).write(folder / "transactions.jsonl")
    targets = {"gress-ml-workers": f"127.0.0.1:{port}", "gress-ml-flink": f"127.0.0.1:{flink_port}"}
    overrides = [
        f"ml.metrics.port={port}",
        "ml.metrics.bind=127.0.0.1",
        f"ml.metrics.folder={folder / 'metrics'}",
        f"ml.metrics.flink_port={flink_port}",
        "execution.checkpoint_interval=1s",
        "job.inference.batch_size=200",
        "ml.models.0.tags={environment: production}",
        "ml.models.0.description=of the tests",
        "ml.drift.enabled=true",
        "ml.drift.sample=1",
        "ml.drift.window=1d",
        "ml.drift.min_rows=50",
    ]
    # The workers are gone with the run; what they counted is in their folder.
    server = MetricsServer(MetricsSettings(port=port, bind="127.0.0.1", folder=str(folder / "metrics")))
    prometheus = Prometheus(folder / "prometheus", targets)
    try:
        run = run_job(config, source, folder / "out", overrides=overrides)
        # Flink answers when the job has ended, too, and then tells nothing of it.
        found = [_seen(prometheus, name) for name in _OF_JOB]
        server.start()
        answers = f"min_over_time(up{{instance='127.0.0.1:{port}'}}[3s]) == 1"
        prometheus.wait_for(lambda: server.is_serving and bool(prometheus.query(answers)))
        yield Monitored(run, prometheus, min(last for last, _ in found)), min(count for _, count in found)
    finally:
        server.stop()
        prometheus.stop()


def _seen(prometheus: Prometheus, name: str) -> tuple[float, float]:
    """Return when a metric was last there, and for how many seconds; 0 where it never was."""
    last = prometheus.query(f"max(max_over_time(timestamp({name})[10m:1s]))").values()
    count = prometheus.query(f"max(count_over_time({name}[10m:1s]))").values()
    return max(last, default=0.0), max(count, default=0.0)
