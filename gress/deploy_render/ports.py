"""Ports of a Flink cluster in Kubernetes: each is fixed, so that a network policy can name those that pods need.

Beam's channels between a JVM and its Python workers take any free port of every interface, and no setting binds them.
They stay within a pod, so that no policy opens them.
"""

from __future__ import annotations

from gress.deploy_render.deployment import FLINK_METRICS_PORT
from jobs.flink.metrics import reporter_options

REST_PORT = 8081

_DATA, _TASK_MANAGER_RPC, _JOB_MANAGER_RPC, _BLOBS, _QUERIES = 6121, 6122, 6123, 6124, 6125

BETWEEN_PODS = (_DATA, _TASK_MANAGER_RPC, _JOB_MANAGER_RPC, _BLOBS, _QUERIES)
"""Ports on which the pods of one job talk to each other."""


def port_options() -> dict[str, str]:
    """Return the Flink options that fix every port."""
    return {
        "jobmanager.rpc.port": str(_JOB_MANAGER_RPC),
        # With high availability this one counts, and Flink would choose any.
        "high-availability.jobmanager.port": str(_JOB_MANAGER_RPC),
        "blob.server.port": str(_BLOBS),
        "rest.port": str(REST_PORT),
        "taskmanager.rpc.port": str(_TASK_MANAGER_RPC),
        "taskmanager.data.port": str(_DATA),
        "metrics.internal.query-service.port": str(_QUERIES),
        **reporter_options(str(FLINK_METRICS_PORT)),
    }
