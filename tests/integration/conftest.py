"""Fixtures for tests on a real mini-cluster: one JVM a test process, small settings, shared runs."""

from __future__ import annotations

import fcntl
import itertools
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pandas as pd
import pytest

import jobs.flink.environment
import jobs.sources.pieces
import udfs.pieces.text_pieces
from conf.loading.loader import settings_from
from gress.cluster.conf import ClusterRequest
from gress.cluster.local import start_cluster, stop_cluster
from gress.cluster.processes import marked_processes
from gress.dev.broker import JVM_OPTIONS
from jobs.errors import JobError
from jobs.flink.environment import open_session
from jobs.flink.jvm.class_archive import quick_jvm
from jobs.flink.jvm.java import require_java
from jobs.flink.ports import free_port
from jobs.kafka.jars import BROKER, CONNECTOR, SQL_TOOLS, fetch_jars, find_jars, jars_folder
from tests.support.cluster import TestCluster
from tests.support.crafted_input import CraftedInput
from tests.support.fraud_config import write_fraud_config
from tests.support.job_runs import JobRun, run_job, write_config

# The JVMs of tests live for seconds: what the second compiler gains, they do not live to see.
for _name in ("JVM_ARGS", JVM_OPTIONS):
    os.environ.setdefault(_name, "-XX:TieredStopAtLevel=1")


# A JVM writes its archive after the command that started it has ended.
_ARCHIVE_S = 60.0


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark every test of this folder: it starts a JVM."""
    item.add_marker(pytest.mark.flink)


@pytest.fixture(autouse=True)
def _same_environment() -> Iterator[None]:
    """Take back what a test leaves in the environment.

    PyFlink runs the functions of a program that asks for nothing else in the program's own process, and leaves the
    variables of a worker there: no program that is started from here then gets a JVM.
    """
    before = dict(os.environ)
    yield
    if os.environ != before:
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture(scope="session", autouse=True)
def _class_archive(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let a short run leave the archive of Flink's classes before the others, which then start with it."""
    with _one_at_a_time():
        if not _lacks_archive():
            return
        command = [sys.executable, "-m", "gress.cli.main", "run", "fraud-detection", "--input"]
        command += ["generator:days=2,customers=20", "--output", str(tmp_path_factory.mktemp("first") / "out")]
        subprocess.run(command, capture_output=True, check=False)
        deadline = time.monotonic() + _ARCHIVE_S
        while _lacks_archive() and time.monotonic() < deadline:
            time.sleep(1)


def _lacks_archive() -> bool:
    """Return whether a short run would leave an archive."""
    with quick_jvm(require_java(), is_short=True):
        return "ArchiveClassesAtExit" in os.environ["JVM_ARGS"]


@pytest.fixture(scope="session", autouse=True)
def jvm_folder(_class_archive: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The current folder of the JVM that tests share; it is started here, so that the folder is no test's own."""
    folder, before = tmp_path_factory.mktemp("jvm"), Path.cwd()
    os.chdir(folder)
    try:
        open_session(settings_from({}))
    finally:
        os.chdir(before)
    return folder


@pytest.fixture(scope="session")
def export_features(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., pd.DataFrame]:
    """Features of every row of a file, as ``gress features export`` writes them."""
    from jobs.runs.export import export_features
    from jobs.runs.prepare import RunRequest

    numbers = itertools.count()

    def run_export(job: Mapping[str, Any], source: Path, **execution: Any) -> pd.DataFrame:
        folder = tmp_path_factory.mktemp(f"export{next(numbers)}")
        tree = {"ml": {"enabled": True}, "job": job, "execution": execution}
        config = write_config(folder / "job.yaml", tree)
        target = folder / "features.parquet"
        request = RunRequest("fraud-detection", target, str(source), config, environ={})
        export_features(request, lambda counts, total: None)
        return pd.read_parquet(target)

    return run_export


@pytest.fixture(scope="session")
def crafted() -> CraftedInput:
    """Transactions with every kind of bad line among them."""
    return CraftedInput()


@pytest.fixture(scope="session")
def crafted_file(crafted: CraftedInput, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The crafted transactions as JSON Lines."""
    return crafted.write(tmp_path_factory.mktemp("crafted") / "transactions.jsonl")


@pytest.fixture(scope="session")
def fraud_config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Settings of the fraud job with few windows and a small model."""
    return write_fraud_config(tmp_path_factory.mktemp("fraud"))


@pytest.fixture(scope="session")
def crafted_run(fraud_config: Path, crafted_file: Path, tmp_path_factory: pytest.TempPathFactory) -> JobRun:
    """The fraud job over the crafted file: throughput profile, two slots."""
    return run_job(fraud_config, crafted_file, tmp_path_factory.mktemp("crafted_run") / "out")


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestCluster]:
    """A session cluster of two TaskManagers with two slots each; leaves no process behind."""
    folder = tmp_path_factory.mktemp("cluster")
    # Machines that build have less memory than a TaskManager is given by default.
    first = free_port()
    request = ClusterRequest(
        folder,
        slots=2,
        task_managers=2,
        options={"taskmanager.memory.process.size": "2560m"},
        metrics_ports=f"{first}-{min(first + 9, 65_535)}",
    )
    started = start_cluster(request)
    try:
        yield TestCluster(request, started)
    finally:
        stop_cluster(folder)
    assert marked_processes(folder) == set()


@pytest.fixture(scope="session")
def kafka_jars(no_service: Callable[[str], NoReturn]) -> None:
    """Flink's connector and the broker, fetched where they are not there yet."""
    try:
        with _one_at_a_time():
            _make_sure_of_jars(CONNECTOR, BROKER)
    except JobError as error:
        no_service(str(error))


@pytest.fixture(scope="session")
def sql_jars(no_service: Callable[[str], NoReturn]) -> None:
    """Jars of Flink's SQL tools, fetched where they are not there yet."""
    try:
        with _one_at_a_time():
            _make_sure_of_jars(CONNECTOR, SQL_TOOLS)
    except JobError as error:
        no_service(str(error))


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Let other workers of pytest-xdist wait."""
    folder = jars_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make_sure_of_jars(*parts: str) -> None:
    try:
        for part in parts:
            find_jars(part)
    except JobError:
        fetch_jars(jars_folder(), parts=parts)


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces of some dozen lines."""
    for module in (jobs.sources.pieces, jobs.flink.environment):
        monkeypatch.setattr(module, "AUTO_BATCH_ROWS", 70)
    monkeypatch.setattr(udfs.pieces.text_pieces, "_LEAST_BYTES", 1)
