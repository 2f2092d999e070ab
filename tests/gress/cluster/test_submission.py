from __future__ import annotations

import os
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from conf.loading.loader import load_settings
from conf.settings import Settings
from gress.cluster.client_conf import client_environment
from gress.cluster.package import PACKAGES, stage_package, worker_modules
from gress.cluster.submission import submit
from gress.cluster.submission_request import Submission, client_arguments, with_sample
from jobs.catalogue import default_config, sample_input
from jobs.errors import JobError
from jobs.flink.conf_file import read_flink_conf
from jobs.flink.rest import ClusterUnreachable
from tests.support.flink_stub import FlinkStub, serve


@pytest.fixture
def flink() -> Iterator[FlinkStub]:
    with serve(FlinkStub()) as stub:
        stub.answers = {
            "/overview": {"taskmanagers": 1, "slots-total": 2, "slots-available": 2},
            "/jobmanager/config": [{"key": "classloader.parent-first-patterns.additional", "value": "a.;pemja."}],
        }
        yield stub


def asked(**more: object) -> Submission:
    return Submission(**{"job": "fraud-detection", "cluster": "h:1", "output": "/out", **more})  # type: ignore[arg-type]


def test_clients_options_come_before_the_programs() -> None:
    request = asked(input="generator:days=3", overrides=["a.b=1"], arguments=["--overwrite"], state="/sp", python="/py")
    assert client_arguments(request, Path("/pkg")) == [
        *("run", "-m", "h:1", "-s", "/sp", "-pyfs", "/pkg", "-pyexec", "/py", "-pyclientexec", sys.executable),
        *("-pym", "gress.cli.main", "run", "fraud-detection", "--output", "/out", "--input", "generator:days=3"),
        *("--set", "a.b=1", "--overwrite"),
    ]


def test_job_with_a_sample_reads_that_of_this_installation() -> None:
    def settings(job: str, *overrides: str) -> Settings:
        return load_settings(default_config(job), overrides=overrides, environ={})

    topics = "job.source.kafka={topics: [a], servers: 'h:1', group: g}"
    plain, kafka = settings("sentiment"), settings("sentiment", topics)
    asks = asked(job="sentiment")
    assert with_sample(asks, plain).input == str(sample_input("sentiment"))
    assert with_sample(asks, kafka) == asks
    assert with_sample(asked(job="sentiment", input="/in.jsonl"), plain).input == "/in.jsonl"
    assert with_sample(asked(), settings("fraud-detection")) == asked()


def test_paths_mean_the_same_to_everybody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = client_arguments(asked(output="out", input="in/*.jsonl", config=Path("job.yaml")), Path("/pkg"))
    assert [text for text in found if text.startswith(str(tmp_path))] == [
        f"{tmp_path}/out",
        f"{tmp_path}/in/*.jsonl",
        f"{tmp_path}/job.yaml",
    ]


def test_client_stays_where_it_sums_up() -> None:
    assert asked().needs_client
    assert not asked(is_detached=True).needs_client
    assert not asked(state="/sp").needs_client


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"job": "fraud"}, r"job 'fraud': expected one of fraud-detection"),
        ({"input": "/no/such.jsonl"}, r"input /no/such\.jsonl: expected a file, a folder of files or a pattern"),
        ({"overrides": ["execution.parallelism=3"]}, r"expected 3 slots for execution\.parallelism 3, got 2"),
        ({"state": "/no/savepoint"}, r"state /no/savepoint: expected a savepoint or checkpoint, got nothing there"),
        ({"wheel": Path("/no/such.whl")}, r"wheel /no/such\.whl: expected a wheel, got "),
    ],
    ids=["job", "input", "slots", "state", "wheel"],
)
def test_what_cannot_work_is_refused_before_a_client_starts(
    flink: FlinkStub, more: dict[str, object], text: str
) -> None:
    with pytest.raises(JobError, match=text):
        submit(asked(cluster=flink.address, **more), print)


@pytest.mark.parametrize(
    "overrides", [[], ["execution.profile=latency", "execution.windows=sql"]], ids=["windows", "latency"]
)
def test_python_inside_task_managers_needs_classes_that_all_jobs_share(flink: FlinkStub, overrides: list[str]) -> None:
    flink.answers["/jobmanager/config"] = [{"key": "rest.port", "value": "1"}]
    missing = r"classloader\.parent-first-patterns\.additional: expected pemja\., .*got nothing; docs/clusters\.md"
    with pytest.raises(JobError, match=missing):
        submit(asked(cluster=flink.address, overrides=overrides), print)
    # Another job is refused for another reason, later.
    with pytest.raises(JobError, match="nothing there"):
        submit(asked(cluster=flink.address, overrides=["execution.windows=sql"], state="/no/savepoint"), print)


@pytest.mark.parametrize("source", [None, "kafka:transactions"])
def test_a_restored_job_that_would_not_end_is_refused(flink: FlinkStub, tmp_path: Path, source: str | None) -> None:
    config = tmp_path / "job.yaml"
    text = default_config("fraud-detection").read_text("utf-8")
    kafka = 'source: {kafka: {servers: "h:9092", topics: [t], stop: latest}}'
    config.write_text(text.replace("\njob:\n", f"\njob:\n  {kafka}\n"), "utf-8")
    request = asked(cluster=flink.address, config=config, input=source, state=str(tmp_path))
    with pytest.raises(JobError, match=r"job\.source\.kafka\.stop: expected never, as a job that goes on from a state"):
        submit(request, print)


def test_cluster_that_is_not_there_is_refused() -> None:
    with pytest.raises(ClusterUnreachable, match=r"cluster 127\.0\.0\.1:1: expected Flink's REST API there"):
        submit(asked(cluster="127.0.0.1:1"), print)


def test_package_is_shipped_as_files(tmp_path: Path) -> None:
    folder = stage_package(tmp_path / "package")
    assert sorted(path.name for path in folder.iterdir()) == sorted(PACKAGES)
    assert (folder / "conf" / "fraud_detection.yaml").is_file()
    assert list(folder.glob("models/fraud-detector/*/model.onnx"))
    assert not [*folder.rglob("__pycache__"), *folder.rglob(".*")]


def test_wheel_of_something_else_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "other.whl", "w") as archive:
        archive.writestr("conf/__init__.py", "")
    with pytest.raises(JobError, match=r"expected gress-ml's, got one without gress, jobs, models, state, udfs"):
        stage_package(tmp_path / "package", tmp_path / "other.whl")


def test_client_brings_the_options_of_a_job(tmp_path: Path) -> None:
    environ = {name: os.environ[name] for name in ("PATH", "JAVA_HOME") if name in os.environ}
    made = client_environment(tmp_path, environ)
    options = read_flink_conf(Path(made["FLINK_CONF_DIR"]) / "config.yaml")
    assert options["execution.checkpointing.externalized-checkpoint-retention"] == "RETAIN_ON_CANCELLATION"
    assert made["FLINK_LOG_DIR"] == str(tmp_path / "log")
    # This class writes the environment of the client into its log.
    quiet = "\nlogger.start.name = org.apache.flink.client.python.PythonEnvUtils\nlogger.start.level = WARN\n"
    assert quiet in (Path(made["FLINK_CONF_DIR"]) / "log4j-cli.properties").read_text()


def test_clients_configuration_of_the_user_comes_first(tmp_path: Path) -> None:
    environ = {"PATH": os.environ["PATH"], "FLINK_CONF_DIR": "/etc/flink"}
    assert client_environment(tmp_path, environ)["FLINK_CONF_DIR"] == "/etc/flink"


def test_workers_of_jobs_with_a_store_import_its_library() -> None:
    def modules(*overrides: str) -> set[str]:
        return set(worker_modules(load_settings(default_config("fraud-detection"), overrides=overrides, environ={})))

    with_store = modules("ml.feature_store.enabled=true", "ml.feature_store.backend=redis")
    assert with_store - modules("ml.feature_store.enabled=false") == {"redis"}
