"""Every shipped job becomes objects that Kubernetes and its operators know, down to each key."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from gress.deploy_render.render import SHARED, render
from tests.gress.deploy_render.cluster_schemas import documents, operator_options, problems, texts_of
from tests.gress.deploy_render.rendered_jobs import GOLDEN, KAFKA, RENDERED, deployment_of, golden, rendered

CUSTOMIZING = {"Kustomization", "Component"}


def objects(name: str) -> list[tuple[str, dict[str, Any]]]:
    found = [(path, each) for path, text in rendered(name).items() for each in documents(text)]
    return [(path, each) for path, each in found if each["kind"] not in CUSTOMIZING]


def flink(name: str) -> dict[str, Any]:
    (found,) = documents(rendered(name)["base/flink-deployment.yaml"])
    return dict(found)


@pytest.mark.parametrize("name", RENDERED)
def test_every_object_fits_the_schema_of_its_kind(name: str) -> None:
    assert [(path, problem) for path, each in objects(name) for problem in problems(each)] == []


def test_kinds_of_a_job_with_topics() -> None:
    assert {each["kind"] for _, each in objects(KAFKA)} == {
        *("ConfigMap", "FlinkDeployment", "FlinkSessionJob", "NetworkPolicy"),
        *("PodDisruptionBudget", "PrometheusRule", "Service", "ServiceMonitor"),
    }


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("FlinkDeployment", ("spec", "upgradeMode")),
        ("FlinkDeployment", ("spec", "job", "upgrademode")),
        ("FlinkDeployment", ("spec", "podTemplate", "spec", "containers", 0, "volumeMount")),
        ("FlinkDeployment", ("spec", "podTemplate", "spec", "securityContext", "runAsNotRoot")),
        ("FlinkSessionJob", ("spec", "deployment")),
        ("ServiceMonitor", ("spec", "endpoints", 0, "honourLabels")),
        ("PrometheusRule", ("spec", "groups", 0, "rules", 0, "expression")),
        ("NetworkPolicy", ("spec", "ingress", 0, "ports", 0, "targetPort")),
        ("PodDisruptionBudget", ("spec", "maxAvailable")),
        ("Service", ("spec", "ports", 0, "portName")),
        ("ConfigMap", ("content",)),
    ],
    ids=lambda value: value if isinstance(value, str) else ".".join(map(str, value)),
)
def test_a_misspelt_key_is_found(kind: str, path: tuple[str | int, ...]) -> None:
    changed = deepcopy(next(each for _, each in objects(KAFKA) if each["kind"] == kind))
    node: Any = changed
    for part in path[:-1]:
        node = node[part]
    node[path[-1]] = "1"
    assert [problem for problem in problems(changed) if str(path[-1]) in problem]


@pytest.mark.parametrize(
    ("path", "value"),
    [(("spec", "flinkVersion"), "v9_9"), (("spec", "job", "upgradeMode"), "savepiont"), (("apiVersion",), "v1")],
    ids=lambda value: value if isinstance(value, str) else ".".join(value),
)
def test_a_wrong_value_is_found(path: tuple[str, ...], value: str) -> None:
    changed: Any = deepcopy(flink(KAFKA))
    node = changed
    for part in path[:-1]:
        node = node[part]
    node[path[-1]] = value
    assert problems(changed)


def test_the_same_job_is_the_same_bytes() -> None:
    assert render(deployment_of(KAFKA)) == rendered(KAFKA)


def test_manifests_of_the_job_with_topics_are_known_byte_by_byte() -> None:
    there = {path.relative_to(GOLDEN).as_posix(): path.read_text("utf-8") for path in GOLDEN.rglob("*.yaml")}
    assert golden() == there, "python -m tests.gress.deploy_render.rendered_jobs writes them; read what has changed"


@pytest.mark.parametrize("file", SHARED)
def test_what_belongs_to_no_job_is_that_of_deploy(repository: Path, file: str) -> None:
    shipped = (repository / "deploy" / "kubernetes" / file).read_text("utf-8")
    assert documents(rendered(KAFKA)[f"base/{file}"]) == documents(shipped)


def test_pods_of_flink_run_without_rights() -> None:
    pod = flink(KAFKA)["spec"]["podTemplate"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    (container,) = pod["containers"]
    assert container["securityContext"] == {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


def test_flinks_flags_stand_before_the_programs() -> None:
    args = flink(KAFKA)["spec"]["job"]["args"]
    module = args.index("-pym")
    assert args[:module:2] == ["-pyclientexec", "-pyexec"]
    assert args[module + 1 : module + 4] == ["gress.cli.main", "run", "fraud-detection"]
    assert not [word for word in args[module + 2 :] if word.startswith("-") and not word.startswith("--")]


def test_every_port_between_pods_is_fixed_and_open_to_the_job_alone() -> None:
    options = flink(KAFKA)["spec"]["flinkConfiguration"]
    (policy,) = documents(rendered(KAFKA)["base/network-policy.yaml"])
    within, rest, metrics = policy["spec"]["ingress"]
    ports = {port["port"] for port in within["ports"]}
    wanted = {"jobmanager.rpc.port", "blob.server.port", "taskmanager.rpc.port", "taskmanager.data.port"}
    wanted |= {"metrics.internal.query-service.port", "high-availability.jobmanager.port"}
    assert {int(options[key]) for key in wanted} == ports
    assert within["from"] == [{"podSelector": policy["spec"]["podSelector"]}]
    assert [port["port"] for port in rest["ports"]] == [int(options["rest.port"])]
    assert [port["port"] for port in metrics["ports"]] == [9249, int(options["metrics.reporter.prom.port"])]
    assert policy["spec"]["policyTypes"] == ["Ingress"]


def test_prometheus_scrapes_the_ports_that_the_job_opens() -> None:
    deployment = flink(KAFKA)["spec"]
    services = documents(rendered(KAFKA)["base/metrics-services.yaml"])
    (monitor,) = documents(rendered(KAFKA)["base/service-monitor.yaml"])
    ports = {port["name"]: port["port"] for each in services for port in each["spec"]["ports"]}
    assert f"ml.metrics.port={ports['workers']}" in deployment["job"]["args"]
    assert deployment["flinkConfiguration"]["metrics.reporter.prom.port"] == str(ports["flink"])
    assert [each["port"] for each in monitor["spec"]["endpoints"]] == list(ports)
    selected = monitor["spec"]["selector"]["matchLabels"]
    assert all(selected.items() <= each["metadata"]["labels"].items() for each in services)
    # The alert for an endpoint that is gone asks for jobs of these names.
    label = monitor["spec"]["jobLabel"]
    assert {each["metadata"]["labels"][label] for each in services} == {"gress-ml-workers", "gress-ml-flink"}


@pytest.mark.parametrize("name", RENDERED)
def test_state_outlives_a_job_with_topics_only(name: str) -> None:
    spec = flink(name)["spec"]
    has_topics = name == KAFKA
    assert spec["job"]["upgradeMode"] == ("savepoint" if has_topics else "stateless")
    assert ("high-availability.type" in spec["flinkConfiguration"]) == has_topics
    assert ("base/volume-claim.yaml" in rendered(name)) != has_topics
    checkpoints = spec["flinkConfiguration"]["execution.checkpointing.dir"]
    assert checkpoints.startswith("s3://bucket/flink/fraud-kafka/" if has_topics else "file:///data/")
    assert "--overwrite" in spec["job"]["args"]
    assert ("components/session/kustomization.yaml" in rendered(name)) == has_topics


def test_options_of_the_operator_are_in_its_reference() -> None:
    known = operator_options()
    asked = {
        text
        for path, each in objects(KAFKA)
        if path.startswith(("base/", "overlays/")) and each["kind"] == "FlinkDeployment"
        for text in texts_of(each["spec"].get("flinkConfiguration", {}))
        if text.startswith(("job.autoscaler.", "kubernetes.operator."))
    }
    assert len(asked) >= 8
    assert asked - known == set()


def test_key_groups_have_many_divisors() -> None:
    (given,) = (word for word in flink(KAFKA)["spec"]["job"]["args"] if "max_parallelism" in word)
    groups = int(given.partition("=")[2])
    assert sum(groups % each == 0 for each in range(1, groups + 1)) >= 16


def test_a_budget_lets_nodes_be_emptied() -> None:
    managers, workers = documents(rendered(KAFKA)["base/pod-disruption-budgets.yaml"])
    assert managers["spec"]["maxUnavailable"] == 1
    # Two slots fit one TaskManager, and it may go.
    assert workers["spec"]["minAvailable"] == 0
