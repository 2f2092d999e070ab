"""All mounted files exist, and Kubernetes gets the same content as Grafana and Prometheus."""

from __future__ import annotations

import json
import runpy
from collections.abc import Iterator
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.monitoring.shipped import DASHBOARD, DEPLOY, rules

KUBERNETES = DEPLOY / "kubernetes"
COMPOSE: dict[str, Any] = YAML(typ="safe").load(DEPLOY / "compose.yaml")


def load(path: str) -> Any:
    return YAML(typ="safe").load(DEPLOY / path)


def mounts(service: str) -> Iterator[tuple[str, str]]:
    """Source and target of a service's mounts."""
    for volume in COMPOSE["services"][service]["volumes"]:
        source, target, *mode = volume.split(":")
        assert mode == (["ro"] if source.startswith("./") else [])
        yield source, target


@pytest.mark.parametrize("service", ["prometheus", "grafana"])
def test_what_is_mounted_exists(service: str) -> None:
    for source, _ in mounts(service):
        assert (DEPLOY / source).exists() if source.startswith("./") else source in COMPOSE["volumes"]


def test_services_find_what_is_mounted() -> None:
    prometheus, grafana = ({target: source for source, target in mounts(name)} for name in ("prometheus", "grafana"))
    assert (DEPLOY / prometheus["/etc/prometheus"] / "prometheus.yml").is_file()
    assert "--config.file=/etc/prometheus/prometheus.yml" in COMPOSE["services"]["prometheus"]["command"]
    provider = load("grafana/provisioning/dashboards/gress-ml.yml")["providers"][0]
    dashboard = grafana[f"{provider['options']['path']}/ml-dashboard.json"]
    assert (DEPLOY / dashboard).samefile(DEPLOY / "grafana" / "ml-dashboard.json")
    assert grafana["/etc/grafana/provisioning"] == "./grafana/provisioning"


def test_grafana_asks_the_prometheus_beside_it() -> None:
    command = COMPOSE["services"]["prometheus"]["command"]
    address = next(part.partition("=")[2] for part in command if part.startswith("--web.listen-address="))
    environment = COMPOSE["services"]["grafana"]["environment"]
    assert environment["PROMETHEUS_URL"].endswith(address.removeprefix("127.0.0.1"))
    source = load("grafana/provisioning/datasources/prometheus.yml")["datasources"][0]
    assert source["url"] == "$PROMETHEUS_URL"
    assert source["type"] == "prometheus"


def test_services_answer_to_this_machine_only() -> None:
    assert "--web.listen-address=127.0.0.1:9090" in COMPOSE["services"]["prometheus"]["command"]
    assert COMPOSE["services"]["grafana"]["environment"]["GF_SERVER_HTTP_ADDR"] == "127.0.0.1"


def test_kubernetes_gets_what_the_others_get() -> None:
    config_map = load("kubernetes/ml-dashboard-configmap.yaml")
    assert (config_map["apiVersion"], config_map["kind"]) == ("v1", "ConfigMap")
    assert config_map["metadata"]["labels"] == {"grafana_dashboard": "1"}
    assert json.loads(config_map["data"]["ml-dashboard.json"]) == DASHBOARD
    rule = load("kubernetes/prometheus-rule.yaml")
    assert (rule["apiVersion"], rule["kind"]) == ("monitoring.coreos.com/v1", "PrometheusRule")
    found = [rule for group in rule["spec"]["groups"] for rule in group["rules"]]
    assert found == rules("recording") + rules("alerts")


def test_script_makes_the_files_that_are_there() -> None:
    made = runpy.run_path(str(KUBERNETES / "render.py"))["FILES"]
    assert {name: render() for name, render in made.items()} == {
        path.name: path.read_text("utf-8") for path in KUBERNETES.glob("*.yaml")
    }, "python deploy/kubernetes/render.py brings them up to date"


def test_every_target_is_listed_in_a_file() -> None:
    for job in load("prometheus/prometheus.yml")["scrape_configs"]:
        (found,) = (name for each in job["file_sd_configs"] for name in each["files"])
        assert all(group["targets"] for group in load(f"prometheus/{found}"))
