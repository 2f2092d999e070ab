"""Overlays of a deployment for kustomize: one to try it, one to rely on it; they belong to their users from then on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gress.deploy_render.deployment import Deployment
from gress.deploy_render.flink_options import autoscaler_options, storage_options
from gress.deploy_render.manifest_text import Object, plain_yaml
from gress.deploy_render.objects.disruption_budgets import TASK_MANAGER, budget_name
from gress.deploy_render.objects.flink_deployment import API
from gress.deploy_render.objects.session_job import patch_of
from jobs.errors import refuse

OVERLAYS = ("dev", "prod")

_KUSTOMIZATION = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
_PATCH = "flink-deployment.yaml"
# An S3 server of the cluster, as its own chart or operator starts it.
_MINIO = {"s3.endpoint": "http://minio.minio.svc:9000", "s3.path.style.access": "true"}


def chosen_overlays(names: Sequence[str]) -> tuple[str, ...]:
    """Return the overlays of some names, each once; all of them where none is named.

    Raises:
        JobError: there is no overlay of a name.
    """
    for name in names:
        if name not in OVERLAYS:
            refuse("--overlay", " or ".join(OVERLAYS), repr(name))
    return tuple(name for name in OVERLAYS if not names or name in names)


def overlay(deployment: Deployment, name: str) -> Mapping[str, Object]:
    """Return the files of an overlay: its kustomization, and its changes to the FlinkDeployment."""
    changed = _dev(deployment) if name == "dev" else _prod(deployment)
    kustomization = {
        **_KUSTOMIZATION,
        "namespace": f"gress-{name}",
        "resources": ["../../base"],
        "patches": [{"path": _PATCH}, *(_one_slot(deployment) if name == "dev" else ())],
    }
    # The last one says that an overlay is whole.
    return {_PATCH: changed, "kustomization.yaml": kustomization}


def base(resources: list[str]) -> Object:
    """Return the kustomization of what all overlays share."""
    return {**_KUSTOMIZATION, "resources": resources}


def _dev(deployment: Deployment) -> Object:
    storage = {**_MINIO, **storage_options(deployment, "dev")} if deployment.is_endless else {}
    options = {"taskmanager.numberOfTaskSlots": "1", **storage}
    spec = {
        "flinkConfiguration": options,
        "taskManager": {"resource": {"memory": "3g", "cpu": 1}},
        "job": {"parallelism": 1},
    }
    return _change(deployment, spec)


def _prod(deployment: Deployment) -> Object:
    spread = {
        "maxSkew": 1,
        "topologyKey": "kubernetes.io/hostname",
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": {"app": deployment.name, "component": "taskmanager"}},
    }
    # A second JobManager takes over at once, where Kubernetes would first start a pod.
    managers = {"jobManager": {"replicas": 2}} if deployment.is_endless else {}
    scaled = {**storage_options(deployment, "prod"), **autoscaler_options(deployment)} if deployment.is_endless else {}
    spec = {
        "flinkConfiguration": scaled,
        **managers,
        "taskManager": {"podTemplate": {"spec": {"topologySpreadConstraints": [spread]}}},
    }
    return _change(deployment, spec)


def _change(deployment: Deployment, spec: Object) -> Object:
    return {"apiVersion": API, "kind": "FlinkDeployment", "metadata": {"name": deployment.name}, "spec": spec}


def _one_slot(deployment: Deployment) -> list[Object]:
    """Return the patches by which the job asks for one slot, as the variable of a setting, and its pod may be moved."""
    variable = {"name": "GRESS_EXECUTION__PARALLELISM", "value": "1"}
    path = "/spec/podTemplate/spec/containers/0/env/-"
    # With one TaskManager the base's budget, which counts those of the whole job, would keep its node for ever.
    budget = {"kind": "PodDisruptionBudget", "name": budget_name(deployment, TASK_MANAGER)}
    free = [{"op": "replace", "path": "/spec/minAvailable", "value": 0}]
    return [
        patch_of(deployment, [{"op": "add", "path": path, "value": variable}]),
        {"target": budget, "patch": plain_yaml(free)},
    ]
