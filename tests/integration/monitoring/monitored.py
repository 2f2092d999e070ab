"""A run that Prometheus watched."""

from __future__ import annotations

from dataclasses import dataclass

from tests.monitoring.prometheus import Prometheus
from tests.support.job_runs import JobRun


@dataclass(frozen=True)
class Monitored:
    """A finished run, and the Prometheus that watched it.

    Attributes:
        run: what it wrote.
        prometheus: scrapes the host's metrics still.
        running_at: when Flink told of the job last, in seconds since 1970.
    """

    run: JobRun
    prometheus: Prometheus
    running_at: float
