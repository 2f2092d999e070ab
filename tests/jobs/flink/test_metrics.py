from __future__ import annotations

import socket
import zipfile
from pathlib import Path

import pytest

from conf.loading.loader import settings_from
from conf.settings import Settings
from gress.cluster.conf import ClusterRequest, cluster_options, flink_home
from jobs.errors import JobError
from jobs.flink.environment import flink_options
from jobs.flink.metrics import load_reporter, reporter_options


def settings(port: object) -> Settings:
    return settings_from({"ml": {"metrics": {"flink_port": port}}})


@pytest.mark.parametrize(("port", "text"), [(9250, "9250"), ("9250", "9250"), ("9250-9259", "9250-9259")])
def test_a_local_run_has_the_reporter(port: object, text: str) -> None:
    options = flink_options(settings(port))
    assert options["metrics.reporters"] == "prom"
    assert options["metrics.reporter.prom.port"] == text


def test_no_port_is_no_reporter() -> None:
    assert not [key for key in flink_options(settings(0)) if key.startswith("metrics.")]


def test_a_job_for_a_cluster_leaves_metrics_to_the_clusters_own_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYFLINK_GATEWAY_PORT", "1")
    assert not [key for key in flink_options(settings(9250)) if key.startswith("metrics.")]


def test_a_cluster_has_the_reporter_where_it_is_asked_for(tmp_path: Path) -> None:
    ports = {"rest_port": 1, "rpc_port": 2, "zookeeper_port": None}
    asked = cluster_options(ClusterRequest(tmp_path, metrics_ports="9250-9259"), **ports)
    assert reporter_options("9250-9259").items() <= asked.items()
    plain = cluster_options(ClusterRequest(tmp_path), **ports)
    assert not [key for key in plain if key.startswith("metrics.")]


@pytest.mark.parametrize(
    ("ports", "problem"),
    [
        ("9250", "expected a port for each of 2 processes, got 1; as in 9250-9259"),
        ("many", "expected a port from 1 to 65535 or a range, got 'many'; as in 9250-9259"),
        ("9259-9250", "expected a port from 1 to 65535 or a range"),
    ],
)
def test_ports_that_do_not_do_for_a_cluster_are_refused(ports: str, problem: str, tmp_path: Path) -> None:
    with pytest.raises(JobError, match=f"--metrics-ports {ports}: {problem}"):
        cluster_options(ClusterRequest(tmp_path, metrics_ports=ports), rest_port=1, rpc_port=2, zookeeper_port=None)


def test_factory_is_in_the_plugin_that_comes_with_pyflink() -> None:
    (jar,) = flink_home().glob("plugins/metrics-prometheus/*.jar")
    factory = reporter_options("1")["metrics.reporter.prom.factory.class"]
    with zipfile.ZipFile(jar) as archive:
        assert f"{factory.replace('.', '/')}.class" in archive.namelist()


def test_ports_in_use_are_refused_before_a_job_starts() -> None:
    with socket.create_server(("", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(JobError, match=rf"ml\.metrics\.flink_port: expected a free port, got {port} in use; name"):
            load_reporter(str(port))
