"""Flink's own metrics on a cluster: every process has an endpoint of its own."""

from __future__ import annotations

import urllib.error
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from jobs.flink.metrics import port_numbers
from tests.support.cluster import TestCluster, wait_until

pytestmark = pytest.mark.slow


def scraped(cluster: TestCluster) -> list[dict[str, float]]:
    """Values of metrics by name, of each process that answers."""
    found = []
    for port in port_numbers(cluster.request.metrics_ports):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
                families = text_string_to_metric_families(answer.read().decode())
        except (urllib.error.URLError, ConnectionError):
            continue
        found.append({sample.name: sample.value for family in families for sample in family.samples})
    return found


def test_each_process_has_an_endpoint(cluster: TestCluster) -> None:
    def registered() -> list[float]:
        name = "flink_jobmanager_numRegisteredTaskManagers"
        return [values[name] for values in scraped(cluster) if name in values]

    wait_until(lambda: registered() == [2.0])
    workers = [values for values in scraped(cluster) if "flink_taskmanager_Status_JVM_Memory_Heap_Used" in values]
    assert len(workers) == 2
    assert all(values["flink_taskmanager_Status_JVM_Memory_Heap_Used"] > 0 for values in workers)
