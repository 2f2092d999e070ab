"""The ConfigMap with the files of a job's settings."""

from __future__ import annotations

from gress.deploy_render.deployment import Deployment
from gress.deploy_render.manifest_text import Object
from gress.deploy_render.objects.pods import settings_key


def job_settings(deployment: Deployment) -> Object:
    """Return the files as they are, references to variables included."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": deployment.settings},
        "data": {settings_key(file.path): file.text for file in deployment.files},
    }
