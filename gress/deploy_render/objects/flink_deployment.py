"""The FlinkDeployment of a job, for version v1beta1 of Flink's operator."""

from __future__ import annotations

from gress.deploy_render.deployment import DATA, Deployment
from gress.deploy_render.flink_options import flink_options, process_memory
from gress.deploy_render.manifest_text import Object
from gress.deploy_render.objects.log_settings import FILE, log_settings
from gress.deploy_render.objects.pods import SETTINGS, pod_template
from gress.doctor import FLINK

API = "flink.apache.org/v1beta1"
ENTRY = "org.apache.flink.client.python.PythonDriver"
PYTHON = "/opt/venv/bin/python"
"""Interpreter of deploy/Dockerfile, of the client and of the workers."""

SERVICE_ACCOUNT = "flink"
"""Account that the operator's chart makes for jobs: it may start TaskManagers and keep the leader's records."""

_WORK = "/tmp/gress"


def flink_deployment(deployment: Deployment) -> Object:
    """Return the FlinkDeployment that runs a job in a cluster of its own."""
    memory = process_memory()
    return {
        "apiVersion": API,
        "kind": "FlinkDeployment",
        "metadata": {"name": deployment.name},
        "spec": {
            "image": deployment.place.image,
            "imagePullPolicy": "IfNotPresent",
            "flinkVersion": "v" + "_".join(FLINK.split(".")[:2]),
            "serviceAccount": SERVICE_ACCOUNT,
            "flinkConfiguration": flink_options(deployment),
            "logConfiguration": {FILE: log_settings()},
            "podTemplate": pod_template(deployment),
            "jobManager": {"replicas": 1, "resource": {"memory": memory["jobManager"], "cpu": 1}},
            # A slot is a thread of the JVM and a Python worker, which seldom work at once.
            "taskManager": {"resource": {"memory": memory["taskManager"], "cpu": deployment.place.slots}},
            # The operator asks for a jar, and PyFlink's entry takes its own from this folder.
            "job": {"jarURI": f"local:///opt/flink/opt/flink-python-{FLINK}.jar", **job_spec(deployment)},
        },
    }


def job_spec(deployment: Deployment) -> dict[str, object]:
    """Return a job's entry, arguments and upgrades, which a session's job has, too."""
    return {
        "entryClass": ENTRY,
        "args": list(arguments(deployment)),
        "parallelism": deployment.parallelism,
        "state": "running",
        # A run that writes folders starts over; one on topics takes its state along.
        "upgradeMode": "savepoint" if deployment.is_endless else "stateless",
    }


def arguments(deployment: Deployment) -> tuple[str, ...]:
    """Return the arguments of PyFlink's entry: first Flink's own, then those of `gress`."""
    output = f"{_WORK}/{deployment.name}" if deployment.is_endless else str(DATA / "out")
    return (
        *("-pyclientexec", PYTHON, "-pyexec", PYTHON, "-pym", "gress.cli.main"),
        *("run", deployment.job, "--config", f"{SETTINGS}/{deployment.files[0].path}", "--output", output),
        # A JobManager that begins again finds the folder of the one before: of a job with topics only its plan is
        # there, and any other starts over.
        "--overwrite",
        *(("--input", deployment.input) if deployment.input else ()),
        *(word for text in deployment.overrides for word in ("--set", text)),
    )
