"""The PersistentVolumeClaim of a job that writes folders, which all its pods share."""

from __future__ import annotations

from gress.deploy_render.deployment import Deployment
from gress.deploy_render.manifest_text import Object

_SIZE = "10Gi"


def volume_claim(deployment: Deployment) -> Object:
    """Return the claim of a volume that pods of several nodes write."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": deployment.volume},
        "spec": {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": _SIZE}}},
    }
