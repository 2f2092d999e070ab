"""A job that is killed and goes on leaves the store as an undisturbed one does, and as the export says."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from conf.loading.loader import load_settings
from gress.feature_store.verify_run import Verified, verify_exported
from jobs.runs.export import export_features
from jobs.runs.prepare import RunRequest
from state.feature_store.cells import unpack_cells
from state.feature_store.features import Features
from state.feature_store.redis_client import open_client
from tests.support.job_runs import run_job
from tests.support.killed_runs import WAIT_S, kill_once, start_run
from tests.support.redis_server import PROGRAM, RedisServer, redis_server
from tests.support.samples import write_files

FILES, EVENTS_A_FILE = 8, 2_000
# Batches so small that a run is not over before it is killed.
SLOWLY = "job.inference.batch_size=20"

Content = dict[str, dict[str, tuple[Any, int]]]


@pytest.fixture
def server(no_service: Callable[[str], NoReturn], tmp_path: Path) -> Iterator[RedisServer]:
    if shutil.which(PROGRAM) is None:
        no_service(f"{PROGRAM} is not installed: apt-get install {PROGRAM}")
    with redis_server(tmp_path) as running:
        yield running


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_files(tmp_path, customers=300, files=FILES, events_a_file=EVENTS_A_FILE)


def publishing(server: RedisServer, db: int) -> list[str]:
    address = f"redis_addr: '127.0.0.1:{server.port}', redis_db: {db}"
    store = f"{{enabled: true, backend: redis, {address}, ttl: 1d, timeout: 10s,"
    return [f"ml.feature_store={store} publish: [{{entity: customer}}]}}"]


def content(server: RedisServer, db: int) -> Content:
    """All that a database holds: by entity and name the value and its event time."""
    client, found = open_client(server.options(db=db, timeout_s=60.0)), {}
    for key in client.scan_iter(match="gress:*"):
        names, cells = zip(*sorted(client.hgetall(key).items()), strict=True)
        features = Features(names, unpack_cells([cells], len(names)), np.zeros(1, bool))
        found[key.decode()] = {
            name.decode(): (features.values(name)[0], int.from_bytes(cell[:8], "big"))
            for name, cell in zip(names, cells, strict=True)
        }
    client.close()
    return found


def newest_of_export(config: Path, source: Path, target: Path) -> Content:
    """The last row of each customer in `gress features export`, as the store would hold it."""
    export_features(RunRequest("fraud-detection", target, str(source), config, environ={}))
    rows, about = pd.read_parquet(target), pq.read_schema(target).metadata
    names, table = json.loads(about[b"gress.feature_columns"]), about[b"gress.feature_set_hash"].decode()
    last = rows.groupby("CUSTOMER_ID").tail(1)
    times_ms = last["TX_DATETIME"].astype("datetime64[ms]").astype("int64").tolist()
    values = last[names].astype(object).where(last[names].notna(), None).to_dict("records")
    return {
        f"gress:1:customer:{table}:{key}": {name: (row[name], time_ms) for name in names}
        for key, time_ms, row in zip(last["CUSTOMER_ID"], times_ms, values, strict=True)
    }


@pytest.mark.slow
def test_store_of_a_killed_job_is_that_of_an_undisturbed_one_and_of_the_export(
    fraud_config: Path, server: RedisServer, source: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    settings = publishing(server, 0)
    often = [*settings, SLOWLY, "execution.checkpoint_interval=200ms"]

    def is_under_way() -> bool:
        return bool(content(server, 0)) and any(output.glob(".checkpoints/*/chk-*/_metadata"))

    kill_once(is_under_way, start_run(fraud_config, source, output, often), output)
    again = start_run(fraud_config, source, output, settings, "--resume")
    assert again.wait(WAIT_S) == 0, (tmp_path / "log").read_text()
    summary = json.loads((output / "summary.json").read_text("utf-8"))
    assert summary["events"] == summary["predictions"] == FILES * EVENTS_A_FILE
    logging = [*publishing(server, 1), "job.sink.features=true"]
    undisturbed = run_job(fraud_config, source, tmp_path / "undisturbed", overrides=logging)
    found = content(server, 0)
    assert found == content(server, 1)
    target = tmp_path / "features.parquet"
    assert found == newest_of_export(fraud_config, source, target)
    job = load_settings(fraud_config, environ={}).job
    assert job is not None
    assert verify_exported(undisturbed.output, job, target) == Verified(FILES * EVENTS_A_FILE, 0, 0, 0, ())
