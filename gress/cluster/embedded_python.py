"""The check that a cluster can run Python inside its TaskManagers for more than one job."""

from __future__ import annotations

from conf.settings import Settings
from jobs.errors import refuse
from jobs.flink.rest import FlinkRest
from udfs.features.feature_set import compile_feature_set

_OPTION = "classloader.parent-first-patterns.additional"
_PATTERN = "pemja."


def check_embedded_python(rest: FlinkRest, settings: Settings) -> None:
    """Refuse a job that needs Python inside TaskManagers on a cluster where only the first such job would start.

    Raises:
        JobError: the cluster's configuration lacks an option that it needs.
    """
    if not is_embedded(settings):
        return
    options = {each["key"]: each["value"] for each in rest.get("/jobmanager/config")}
    if _PATTERN not in options.get(_OPTION, ""):
        refuse(
            f"cluster {rest.address}: {_OPTION}",
            f"{_PATTERN}, and flink-python's jar in Flink's lib folder, as this job runs Python inside TaskManagers",
            options.get(_OPTION) or "nothing",
            "docs/clusters.md says how; or --set execution.windows=sql --set execution.profile=throughput",
        )


def is_embedded(settings: Settings) -> bool:
    """Return whether a job runs Python inside Flink's processes."""
    execution, job = settings.execution, settings.job
    if job is None or execution.profile == "latency":
        return job is not None
    return execution.windows == "sliding" and bool(compile_feature_set(job.features, job.events).windows)
