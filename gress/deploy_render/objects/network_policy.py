"""The NetworkPolicy of a deployment: which clients may reach which ports of its pods; all else is blocked."""

from __future__ import annotations

from collections.abc import Iterable

from gress.deploy_render.deployment import FLINK_METRICS_PORT, Deployment
from gress.deploy_render.manifest_text import Object
from gress.deploy_render.ports import BETWEEN_PODS, REST_PORT

_NAMESPACE = "kubernetes.io/metadata.name"


def network_policy(deployment: Deployment) -> Object:
    """Return the policy: Flink's ports within the job, REST for the operator, metrics for Prometheus."""
    place = deployment.place
    pods = {"matchLabels": {"app": deployment.name}}
    metrics = (deployment.metrics_port, FLINK_METRICS_PORT)
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": deployment.name},
        "spec": {
            "podSelector": pods,
            "policyTypes": ["Ingress"],
            "ingress": [
                _rule({"podSelector": pods}, BETWEEN_PODS),
                _rule(_pods_of(place.operator_namespace), (REST_PORT,)),
                _rule(_pods_of(place.monitoring_namespace), metrics),
            ],
        },
    }


def _pods_of(namespace: str) -> Object:
    return {"namespaceSelector": {"matchLabels": {_NAMESPACE: namespace}}}


def _rule(source: Object, ports: Iterable[int]) -> Object:
    return {"from": [source], "ports": [{"protocol": "TCP", "port": port} for port in ports]}
