"""The pod template of a deployment: its user, its permissions, its settings and its secrets."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from gress.deploy_render.deployment import DATA, FLINK_METRICS_PORT, Deployment
from gress.deploy_render.manifest_text import Object

SETTINGS = "/opt/gress/settings"
"""Folder of the settings in every pod."""

MAIN = "flink-main-container"
"""Name by which the operator knows Flink's container."""

# User and group `flink` of Flink's image.
_FLINK_USER = 9999
_SHOWN_DIGITS = 16
_POD_NAMESPACE = "POD_NAMESPACE"


def pod_template(deployment: Deployment) -> Object:
    """Return what all pods of a deployment have in common."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        # Changed settings are a changed pod, which the operator takes as an upgrade.
        "metadata": {"annotations": {"gress-ml/settings": _digest(deployment)}},
        "spec": {
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": _FLINK_USER,
                "runAsGroup": _FLINK_USER,
                "fsGroup": _FLINK_USER,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [_main_container(deployment)],
            "volumes": list(_volumes(deployment)),
        },
    }


def _main_container(deployment: Deployment) -> Object:
    mounts = [{"name": "settings", "mountPath": SETTINGS, "readOnly": True}]
    if not deployment.is_endless:
        mounts.append({"name": "data", "mountPath": str(DATA)})
    return {
        "name": MAIN,
        "env": list(_environment(deployment)),
        # Keys of a storage that asks for them: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY.
        "envFrom": [{"secretRef": {"name": deployment.secret, "optional": True}}],
        "ports": [
            {"name": "workers", "containerPort": deployment.metrics_port},
            {"name": "flink", "containerPort": FLINK_METRICS_PORT},
        ],
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": mounts,
    }


def _environment(deployment: Deployment) -> Iterator[Object]:
    yield {"name": _POD_NAMESPACE, "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}}
    for path in deployment.kafka_names:
        # Two namespaces with one job neither share its events nor end each other's transactions.
        name = "GRESS_" + path.upper().replace(".", "__")
        yield {"name": name, "value": f"$({_POD_NAMESPACE})-{deployment.name}"}
    for each in deployment.variables:
        if each.name == _POD_NAMESPACE:
            # The pod itself knows it, and Kubernetes takes no name twice.
            continue
        reference = {"name": deployment.secret, "key": each.name} | ({"optional": True} if each.is_optional else {})
        yield {"name": each.name, "valueFrom": {"secretKeyRef": reference}}


def _volumes(deployment: Deployment) -> Iterator[Object]:
    items = [{"key": settings_key(file.path), "path": file.path} for file in deployment.files]
    yield {"name": "settings", "configMap": {"name": deployment.settings, "items": items}}
    if not deployment.is_endless:
        yield {"name": "data", "persistentVolumeClaim": {"claimName": deployment.volume}}


def settings_key(path: str) -> str:
    """Return the key of a settings file, which has no slashes.

    >>> settings_key("teams/fraud.yaml")
    'teams__fraud.yaml'
    """
    return path.replace("/", "__")


def _digest(deployment: Deployment) -> str:
    content: list[Any] = [(file.path, file.text) for file in deployment.files]
    return hashlib.sha256(repr(content).encode()).hexdigest()[:_SHOWN_DIGITS]
