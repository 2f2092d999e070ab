"""Objects through which Prometheus finds a deployment's metrics: two Services and a ServiceMonitor."""

from __future__ import annotations

from gress.deploy_render.deployment import FLINK_METRICS_PORT, Deployment
from gress.deploy_render.manifest_text import Object

_APP, _SCRAPE = "app.kubernetes.io/name", "gress-ml/scrape"
# Labels of a task that get new values at every restart, which would only multiply the series.
_OF_ATTEMPTS = "task_attempt_id|task_attempt_num"


def metrics_services(deployment: Deployment) -> tuple[Object, Object]:
    """Return the Services of the Python workers, which TaskManagers have, and of Flink's own metrics."""
    workers = {"app": deployment.name, "component": "taskmanager"}
    return (
        _service(deployment, "workers", workers, deployment.metrics_port),
        _service(deployment, "flink", {"app": deployment.name}, FLINK_METRICS_PORT),
    )


def service_monitor(deployment: Deployment) -> Object:
    """Return the ServiceMonitor, whose jobs have the names that the alerts look for.

    Prometheus renames our label `job`, and rules and dashboard need that: `honorLabels` is off.
    """
    dropped = [{"action": "labeldrop", "regex": _OF_ATTEMPTS}]
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "ServiceMonitor",
        "metadata": {"name": deployment.name},
        "spec": {
            "jobLabel": _SCRAPE,
            "selector": {"matchLabels": {_APP: deployment.name}},
            "endpoints": [
                {"port": "workers", "interval": "15s", "honorLabels": False},
                {"port": "flink", "interval": "15s", "honorLabels": False, "metricRelabelings": dropped},
            ],
        },
    }


def _service(deployment: Deployment, port: str, selector: dict[str, str], number: int) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": f"{deployment.name}-{port}",
            "labels": {_APP: deployment.name, _SCRAPE: f"gress-ml-{port}"},
        },
        # Every pod is scraped by itself, so the Service needs no address.
        "spec": {
            "clusterIP": "None",
            "selector": selector,
            "ports": [{"name": port, "port": number, "targetPort": number}],
        },
    }
