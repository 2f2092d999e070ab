from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from gress.cluster.client_conf import job_options
from gress.cluster.conf import ADAPTIVE, ClusterRequest, cluster_options, flink_home, parse_options, write_conf
from jobs.errors import JobError
from jobs.flink.conf_file import read_flink_conf


def test_folder_is_what_flink_reads(tmp_path: Path) -> None:
    request = ClusterRequest(tmp_path, slots=3, options={"taskmanager.memory.process.size": "2g"})
    write_conf(request, rest_port=8081, rpc_port=6123, zookeeper_port=None)
    options = read_flink_conf(tmp_path / "conf" / "config.yaml")
    assert options["rest.port"] == "8081"
    assert options["taskmanager.numberOfTaskSlots"] == "3"
    assert options["taskmanager.memory.process.size"] == "2g"
    assert options["execution.checkpointing.dir"] == f"file://{tmp_path}/checkpoints"
    assert options["execution.checkpointing.externalized-checkpoint-retention"] == "RETAIN_ON_CANCELLATION"
    assert not (tmp_path / "conf" / "zoo.cfg").read_text().count("admin.enableServer")
    # This class writes the environment of workers into the log.
    quiet = "\nlogger.end.name = org.apache.beam.runners.fnexecution.control.DefaultJobBundleFactory\n"
    logs = [path.read_text() for path in (tmp_path / "conf").glob("log4j*.properties")]
    assert [text.count(f"{quiet}logger.end.level = OFF\n") for text in logs] == [1] * len(logs)
    assert (tmp_path / "conf" / "log4j-console.properties").is_file()


def test_cluster_listens_to_this_machine_only(tmp_path: Path) -> None:
    options = cluster_options(ClusterRequest(tmp_path), rest_port=1, rpc_port=2, zookeeper_port=None)
    names = ("jobmanager.bind-host", "taskmanager.bind-host", "rest.bind-address")
    assert {options[name] for name in names} == {"localhost"}
    assert not any(name.startswith("high-availability") for name in options)


def test_high_availability_is_kept_by_a_zookeeper(tmp_path: Path) -> None:
    request = ClusterRequest(tmp_path, is_highly_available=True)
    assert request.job_managers == 2
    write_conf(request, rest_port=1, rpc_port=2, zookeeper_port=2181)
    options = read_flink_conf(tmp_path / "conf" / "config.yaml")
    assert options["high-availability.zookeeper.quorum"] == "localhost:2181"
    assert options["high-availability.storageDir"] == f"file://{tmp_path}/ha"
    assert "clientPortAddress=127.0.0.1\n" in (tmp_path / "conf" / "zoo.cfg").read_text()


def test_flink_knows_every_option(tmp_path: Path) -> None:
    code = b""
    for jar in (*flink_home().glob("lib/flink-dist-*.jar"), *flink_home().glob("opt/flink-python-*.jar")):
        with zipfile.ZipFile(jar) as archive:
            names = [name for name in archive.namelist() if name.endswith("Options.class")]
            code += b"".join(archive.read(name) for name in names if name.startswith("org/apache/flink/"))
    request = ClusterRequest(tmp_path, options=ADAPTIVE)
    options = cluster_options(request, rest_port=1, rpc_port=2, zookeeper_port=3)
    assert [key for key in options if key.encode() not in code] == []


def test_options_are_read_from_texts() -> None:
    assert parse_options(["a.b=1", "c = x=y"]) == {"a.b": "1", "c": "x=y"}


@pytest.mark.parametrize("text", ["a.b", "=1", "  =1"])
def test_text_that_is_no_option_is_refused(text: str) -> None:
    with pytest.raises(JobError, match=r"expected KEY=VALUE"):
        parse_options([text])


def test_client_brings_what_belongs_to_the_job_alone() -> None:
    options = job_options()
    assert options["execution.checkpointing.externalized-checkpoint-retention"] == "RETAIN_ON_CANCELLATION"
    assert options["pipeline.object-reuse"] == "true"
    others = ("restart-strategy.", "state.", "taskmanager.", "jobmanager.", "rest.")
    assert not [key for key in options if key.startswith(others)]
