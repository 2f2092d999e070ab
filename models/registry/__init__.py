"""The model registry: immutable versions, numbered deployments, and the stores that hold them.

<base>/<model>/<version>/<artifact>                  create-if-absent
<base>/<model>/<version>/model.json                  written last: no model.json, no version
<base>/<model>/<version>/records/<kind>.json         the version's history: validated, rejected-<n>, retired
<base>/<model>/deployments/<n>.json                  generation n, create-if-absent
"""

from __future__ import annotations

from models.registry.deployment import Deployment
from models.registry.deployments import Deployments
from models.registry.errors import RegistryError
from models.registry.experiment_state import ExperimentState
from models.registry.location import local_registry, open_registry
from models.registry.records import Record
from models.registry.registry import Registry

__all__ = [
    "Deployment",
    "Deployments",
    "ExperimentState",
    "Record",
    "Registry",
    "RegistryError",
    "local_registry",
    "open_registry",
]
