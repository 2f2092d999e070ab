"""The FlinkSessionJob of a job: the same job on a session cluster, which may run others beside it."""

from __future__ import annotations

from collections.abc import Sequence

from gress.deploy_render.deployment import Deployment
from gress.deploy_render.manifest_text import Object, plain_yaml
from gress.deploy_render.objects.flink_deployment import API, job_spec
from gress.doctor import FLINK

# The operator fetches a session's jar itself, and hands it to the cluster.
_JAR = f"https://repo1.maven.org/maven2/org/apache/flink/flink-python/{FLINK}/flink-python-{FLINK}.jar"


def session_job(deployment: Deployment) -> Object:
    """Return the FlinkSessionJob that runs a job on the session cluster of its name."""
    return {
        "apiVersion": API,
        "kind": "FlinkSessionJob",
        "metadata": {"name": deployment.name},
        "spec": {"deploymentName": deployment.name, "job": {"jarURI": _JAR, **job_spec(deployment)}},
    }


def session_component(deployment: Deployment) -> Object:
    """Return the kustomization that makes an overlay's cluster a session cluster."""
    changes = [
        {"op": "remove", "path": "/spec/job"},
        # The operator uploads the jar.
        {"op": "replace", "path": "/spec/flinkConfiguration/web.submit.enable", "value": "true"},
    ]
    return {
        "apiVersion": "kustomize.config.k8s.io/v1alpha1",
        "kind": "Component",
        "resources": ["flink-session-job.yaml"],
        "patches": [patch_of(deployment, changes)],
    }


def patch_of(deployment: Deployment, changes: Sequence[Object]) -> Object:
    """Return a patch of the FlinkDeployment, as kustomize reads it."""
    return {"target": {"kind": "FlinkDeployment", "name": deployment.name}, "patch": plain_yaml(changes)}
