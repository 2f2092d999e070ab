"""Submission of a job to a cluster: the client ships this package, and runs `gress run` to build the job.

    gress submit ──► Flink's client (JVM) ──► `gress run` (Python) ──► job graph, package ──► cluster

The client stays until a bounded run is over and writes its summary. A detached client ends once the cluster has the
job: the job is the same, but nobody writes the summary or converts rows to Parquet after the run.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from conf.loading.loader import load_settings
from conf.settings import Settings
from gress.cluster.client_conf import client_environment
from gress.cluster.conf import flink_home
from gress.cluster.embedded_python import check_embedded_python
from gress.cluster.package import stage_package, worker_modules
from gress.cluster.savepoints import as_path
from gress.cluster.submission_client import Client, SubmittedJob, follow, let_go
from gress.cluster.submission_request import Submission, absolute, client_arguments, is_path, with_sample
from jobs.catalogue import default_config, find_job
from jobs.errors import refuse
from jobs.flink.rest import FlinkRest
from jobs.sources.files import find_inputs
from jobs.workers.hook import write_hook
from jobs.workers.start import MODULE


def submit(request: Submission, show: Callable[[str], object], environ: dict[str, str] | None = None) -> SubmittedJob:
    """Submit a job to a cluster and, unless it is detached, wait for its end.

    Args:
        request: the job and the cluster.
        show: function that is called with every line that the run prints.
        environ: environment of the client; None: this process's.

    Raises:
        ConfigError, JobError: the request cannot work, the cluster does not answer, or the job failed.
    """
    environ = dict(os.environ if environ is None else environ)
    rest = FlinkRest(request.cluster)
    settings = _check(request, rest, environ)
    request = with_sample(request, settings)
    with tempfile.TemporaryDirectory(prefix="gress-submit-") as folder:
        package = stage_package(Path(folder) / "package", request.wheel)
        write_hook(package, MODULE, worker_modules(settings))
        process = subprocess.Popen(
            ["bash", str(flink_home() / "bin" / "flink"), *client_arguments(request, package)],
            env=client_environment(Path(folder), environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            # This process handles Ctrl-C, because the client would leave the job running.
            start_new_session=True,
        )
        client = Client(process)
        try:
            return follow(request, rest, client, show)
        except KeyboardInterrupt:
            if client.job_id is not None and not request.is_detached:
                rest.patch(f"/jobs/{client.job_id}?mode=cancel")
            raise
        finally:
            let_go(process)


def _check(request: Submission, rest: FlinkRest, environ: dict[str, str]) -> Settings:
    """Return the settings of a request that can work."""
    find_job(request.job)
    path = request.config or default_config(request.job)
    if request.input is not None and is_path(request.input):
        find_inputs(absolute(request.input))
    settings = load_settings(path, overrides=request.overrides, environ=environ)
    if request.state:
        _check_endless(request, settings, str(path))
    needed = settings.execution.parallelism
    overview = rest.get("/overview")
    if needed > overview["slots-total"]:
        refuse(
            f"cluster {request.cluster}",
            f"{needed} slots for execution.parallelism {needed}",
            overview['slots-total'],
            "start TaskManagers, or --set execution.parallelism=N",
        )
    check_embedded_python(rest, settings)
    if request.state and request.state.startswith(("/", "file:")) and not Path(as_path(request.state)).exists():
        refuse(f"state {request.state}", "a savepoint or checkpoint", "nothing there", "check the path")
    return settings


def _check_endless(request: Submission, settings: Settings, origin: str) -> None:
    """Refuse ``stop: latest`` for a restored job: the connector announces the end with new partitions, and has none."""
    reads_kafka = request.input is None or request.input.startswith("kafka:")
    kafka = settings.job.source.kafka if settings.job is not None else None
    if reads_kafka and kafka is not None and kafka.stop == "latest":
        refuse(
            f"{origin}: job.source.kafka.stop",
            "never, as a job that goes on from a state would not end",
            "latest",
            "--set job.source.kafka.stop=never, and end it with `gress savepoint --stop`",
        )
