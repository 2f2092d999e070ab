"""A job looks features up in a store that is killed and comes back while it runs: no row fails for it."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest

from conf.settings import FeatureStoreSettings
from gress.metrics.scrape import scrape
from jobs.flink.ports import free_port
from jobs.sources.transactions import GeneratorSettings, TransactionGenerator, write
from state.feature_store.group import Group
from tests.support.fraud_config import STATELESS, write_fraud_config
from tests.support.job_runs import run_job
from tests.support.redis_server import PROGRAM, RedisServer, redis_server
from tests.support.small_model import write_model
from udfs.feature_store.open_store import open_store

EVENTS, CUSTOMERS, DEFAULT = 30_000, 100, -1.0
WAIT_S = 300.0
RISK = {
    "name": "RISK",
    "type": "lookup",
    "source": "CUSTOMER_ID",
    "parameters": {"entity": "customer", "feature_set": "profiles", "default": DEFAULT},
}


@pytest.fixture
def server(no_service: Callable[[str], NoReturn], tmp_path: Path) -> Iterator[RedisServer]:
    if shutil.which(PROGRAM) is None:
        no_service(f"{PROGRAM} is not installed: apt-get install {PROGRAM}")
    with redis_server(tmp_path, "--appendonly", "yes") as running:
        yield running


def risk_of(customers: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return customers / 64


def store_at(server: RedisServer, **more: Any) -> dict[str, Any]:
    return {"enabled": True, "backend": "redis", "redis_addr": f"127.0.0.1:{server.port}", "ttl": "1d", **more}


class Outage(threading.Thread):
    """Kills the server once the job reads it, and starts it again once rows got defaults for it."""

    def __init__(self, server: RedisServer, endpoint: str) -> None:
        super().__init__(daemon=True)
        self._server, self._endpoint = server, endpoint
        self.unanswered = 0.0

    def run(self) -> None:
        self._await(lambda: self._server.ask("commandstats").get("cmdstat_hmget", {}).get("calls", 0) > 100)
        self._server.kill()
        self._await(self._has_defaults)
        self._server.start()

    def _has_defaults(self) -> bool:
        counters = scrape(self._endpoint, timeout_s=5).counters
        wanted = {"feature": "RISK", "reason": "unanswered"}
        found = [value for series, value in counters.items() if series.name.startswith("feature_store_defaults")
                 and series.has(wanted)]  # fmt: skip
        self.unanswered = sum(found)
        return self.unanswered > 0

    @staticmethod
    def _await(is_so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + WAIT_S
        while not is_so() and time.monotonic() < deadline:
            time.sleep(0.05)


@pytest.mark.slow
def test_a_store_that_is_killed_and_comes_back_fails_no_row(server: RedisServer, tmp_path: Path) -> None:
    source, port = tmp_path / "events.jsonl", free_port()
    write(source, TransactionGenerator(GeneratorSettings(customers=CUSTOMERS)).batches(EVENTS))
    with open_store(FeatureStoreSettings.model_validate(store_at(server, timeout="5s"))) as store:
        customers = np.arange(CUSTOMERS)
        risks, at = {"RISK": risk_of(customers)}, np.zeros(CUSTOMERS, np.int64)
        store.put_many(Group("customer", "profiles"), [str(each) for each in customers], risks, at)
    model = write_model(tmp_path / "model", width=len(STATELESS))
    config = write_fraud_config(tmp_path / "conf", features=STATELESS, model=model, parallelism=1)
    quick = store_at(server, cache_size=0, retries=0, breaker_failures=2, breaker_open="50ms")
    # Batches so small that the run is not over before the server is back.
    overrides = [
        f"job.features.specs.2={json.dumps(RISK)}",
        f"ml.feature_store={json.dumps(quick)}",
        f"ml.metrics.port={port}",
        "job.inference.batch_size=20",
        "job.sink.features=true",
    ]
    outage = Outage(server, f"127.0.0.1:{port}")
    outage.start()
    found = run_job(config, source, tmp_path / "out", overrides=overrides)
    outage.join()
    assert (found.summary.predictions, found.summary.dead_letters) == (EVENTS, 0)
    rows = found.predictions
    risks_found = np.array([json.loads(text)[2] for text in rows["features"]])
    is_default = risks_found == DEFAULT
    assert 0 < outage.unanswered <= is_default.sum() < EVENTS
    # The customer's id is the key of the row.
    np.testing.assert_allclose(risks_found[~is_default], risk_of(rows["key"][~is_default].to_numpy(int)))
    assert set(rows["status"]) == {"ok"}
    # A restarted server begins to count anew.
    assert server.ask("commandstats")["cmdstat_hmget"]["calls"] > 0
