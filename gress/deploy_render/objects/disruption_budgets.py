"""PodDisruptionBudgets of a deployment: nodes are emptied one TaskManager after the other."""

from __future__ import annotations

from gress.deploy_render.deployment import Deployment
from gress.deploy_render.manifest_text import Object

TASK_MANAGER = "taskmanager"
"""Component of the TaskManagers' pods, as Flink labels them."""


def disruption_budgets(deployment: Deployment) -> tuple[Object, Object]:
    """Return the budgets of JobManagers and of TaskManagers.

    Flink starts TaskManagers as pods without a controller, of which Kubernetes counts a fixed number only.
    """
    return (
        _budget(deployment, "jobmanager", {"maxUnavailable": 1}),
        _budget(deployment, TASK_MANAGER, {"minAvailable": deployment.task_managers - 1}),
    )


def budget_name(deployment: Deployment, component: str) -> str:
    """Return the name of the budget of a component's pods."""
    return f"{deployment.name}-{component}"


def _budget(deployment: Deployment, component: str, limit: dict[str, int]) -> Object:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": budget_name(deployment, component)},
        "spec": {**limit, "selector": {"matchLabels": {"app": deployment.name, "component": component}}},
    }
