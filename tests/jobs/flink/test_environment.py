from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from conf.loading.loader import settings_from
from conf.settings import Settings
from jobs.flink import environment
from jobs.flink.environment import AUTO_BATCH_ROWS, flink_options, prepare_process, shipped_flink_conf

_JOB: dict[str, Any] = {
    "name": "j",
    "events": {
        "id": "a",
        "key": "a",
        "time": "t",
        "fields": {"a": {"type": "long"}, "t": {"type": "timestamp"}},
    },
    "features": {"name": "f", "specs": [{"name": "a", "type": "numerical"}]},
}


_FORKING = "/forking/python"


def _settings(execution: dict[str, Any] | None = None, inference: dict[str, Any] | None = None) -> Settings:
    job = {**_JOB, "inference": {"model_name": "m", **(inference or {})}}
    return settings_from({"job": job, "execution": execution or {}})


@pytest.fixture(autouse=True)
def no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start no fork server."""
    monkeypatch.setattr(environment, "worker_python", lambda: _FORKING)


def test_settings_become_flink_options() -> None:
    found = flink_options(_settings({"parallelism": 3, "max_parallelism": 7, "checkpoint_interval": "2s"}))
    assert found["parallelism.default"] == "3"
    assert found["pipeline.max-parallelism"] == "7"
    assert found["execution.checkpointing.interval"] == "2000 ms"
    assert (found["python.executable"], found["python.client.executable"]) == (_FORKING, sys.executable)


def test_functions_in_the_jvm_need_no_fork_server() -> None:
    assert flink_options(_settings({"profile": "latency"}))["python.executable"] == sys.executable


def test_no_checkpoints_leave_the_interval_out() -> None:
    assert "execution.checkpointing.interval" not in flink_options(_settings({"checkpoint_interval": "0s"}))


@pytest.mark.parametrize(("backend", "is_incremental"), [("hashmap", "false"), ("rocksdb", "true")])
def test_state_on_disk_is_written_incrementally(backend: str, is_incremental: str) -> None:
    found = flink_options(_settings({"state_backend": backend}))
    assert found["state.backend.type"] == backend
    assert found["execution.checkpointing.incremental"] == is_incremental


def test_state_is_where_flink_conf_says_by_default() -> None:
    assert flink_options(_settings())["state.backend.type"] == "hashmap"
    assert "execution.checkpointing.incremental" not in flink_options(_settings())


def test_every_operator_gets_a_uid() -> None:
    assert flink_options(_settings())["table.exec.uid.generation"] == "ALWAYS"


def test_generated_code_is_taken_apart_only_where_java_would_not_compile_it() -> None:
    assert 8_000 <= int(flink_options(_settings())["table.generated-code.max-length"]) <= 5 * 8_000
    own = _settings({"flink": {"table.generated-code.max-length": 4_000}})
    assert flink_options(own)["table.generated-code.max-length"] == "4000"


@pytest.mark.parametrize(("profile", "mode"), [("throughput", "process"), ("latency", "thread")])
def test_profile_says_where_python_runs(profile: str, mode: str) -> None:
    assert flink_options(_settings({"profile": profile}))["python.execution-mode"] == mode


@pytest.mark.parametrize(("size", "rows"), [("auto", AUTO_BATCH_ROWS), (64, 64)])
def test_batch_settings_become_bundles_and_arrow_batches(size: object, rows: int) -> None:
    found = flink_options(_settings(inference={"batch_size": size, "batch_timeout": "70ms"}))
    assert found["python.fn-execution.bundle.size"] == str(rows)
    assert found["python.fn-execution.arrow.batch.size"] == str(rows)
    assert found["python.fn-execution.bundle.time"] == "70"


@pytest.mark.parametrize(("timeout", "wait"), [("10ms", "5 ms"), ("50ms", "10 ms"), ("5s", "20 ms")])
def test_rows_of_a_stream_wait_for_their_batch_more_than_for_a_watermark(timeout: str, wait: str) -> None:
    settings = _settings(inference={"batch_timeout": timeout})
    found = flink_options(settings, is_endless=True)
    assert found["pipeline.auto-watermark-interval"] == wait
    assert found["execution.buffer-timeout.interval"] == wait
    of_files = flink_options(settings)
    assert not {"pipeline.auto-watermark-interval", "execution.buffer-timeout.interval"} & of_files.keys()


def test_profile_of_low_latency_waits_the_same_whatever_the_batch() -> None:
    found = flink_options(_settings({"profile": "latency"}, {"batch_timeout": "1s"}), is_endless=True)
    assert found["pipeline.auto-watermark-interval"] == "5 ms"
    assert found["execution.buffer-timeout.interval"] == "0 ms"


def test_stronger_sources_win(tmp_path: Path) -> None:
    conf = tmp_path / "flink.yaml"
    conf.write_text("a: file\nb: file\nc: file\nparallelism.default: 9\n")
    settings = _settings({"flink": {"b": "settings", "c": "settings"}})
    found = flink_options(settings, flink_conf=conf, extra={"c": "extra"})
    assert (found["a"], found["b"], found["c"]) == ("file", "settings", "extra")
    assert found["parallelism.default"] == "1"


def test_truth_values_are_written_as_flink_reads_them() -> None:
    found = flink_options(_settings({"flink": {"x": True, "y": False, "z": 1.5}}))
    assert (found["x"], found["y"], found["z"]) == ("true", "false", "1.5")


def test_file_in_the_current_folder_counts_only_if_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert shipped_flink_conf() == repository / "flink-conf.yaml"
    own = tmp_path / "flink-conf.yaml"
    own.write_text("taskmanager.memory.managed.size: 1m\n")
    assert shipped_flink_conf() == repository / "flink-conf.yaml"
    shipped = flink_options(_settings({}))
    assert shipped["taskmanager.memory.managed.size"] == "512m"
    # Options that the file leaves out come from the shipped one.
    assert flink_options(_settings({}), flink_conf=own) == {**shipped, "taskmanager.memory.managed.size": "1m"}


def test_process_runs_workers_of_their_own_and_its_own_python_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """One JVM serves all jobs of a process: what thread mode needs must be there before the first."""
    for name, value in (("PATH", "/usr/bin:/bin"), ("JAVA_HOME", os.environ.get("JAVA_HOME", ""))):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("_python_worker_execution_mode", "")
    prepare_process()
    assert os.environ["_python_worker_execution_mode"] == "process"  # noqa: SIM112
    assert os.environ["PATH"] == f"{Path(sys.executable).parent}:/usr/bin:/bin"
    assert Path(os.environ["JAVA_HOME"], "bin", "java").exists()
    prepare_process()
    assert os.environ["PATH"].count(str(Path(sys.executable).parent)) == 1
