"""Flink options of a deployment: those of flink-conf.yaml, and what a cluster in Kubernetes needs beside them."""

from __future__ import annotations

from gress.deploy_render.deployment import DATA, Deployment
from gress.deploy_render.ports import port_options
from jobs.errors import refuse
from jobs.flink.conf_file import read_flink_conf
from jobs.flink.environment import shipped_flink_conf

# The operator decides on these: addresses by the pods' names, memory by the resources of the pods.
_OPERATORS = ("jobmanager.rpc.address", "rest.address", "rest.bind-address")
_MEMORY = {"jobmanager.memory.process.size": "jobManager", "taskmanager.memory.process.size": "taskManager"}

# An hour with too little to do takes slots away; a quarter of an hour with too much adds some.
_AUTOSCALER = {
    "job.autoscaler.enabled": "true",
    "job.autoscaler.stabilization.interval": "5 min",
    "job.autoscaler.metrics.window": "15 min",
    "job.autoscaler.utilization.target": "0.7",
    "job.autoscaler.utilization.min": "0.4",
    "job.autoscaler.utilization.max": "0.85",
    "job.autoscaler.scale-down.interval": "1 h",
    "job.autoscaler.restart.time": "2 min",
    "job.autoscaler.catch-up.duration": "10 min",
    "job.autoscaler.vertex.min-parallelism": "1",
    # Rescales a running job in its place, instead of a new one from a savepoint.
    "jobmanager.scheduler": "adaptive",
}


def flink_options(deployment: Deployment) -> dict[str, str]:
    """Return the options of a deployment's cluster, those of the job's YAML last."""
    shipped = {key: value for key, value in _shipped().items() if key not in (*_OPERATORS, *_MEMORY)}
    options = {
        **shipped,
        **port_options(),
        "taskmanager.numberOfTaskSlots": str(deployment.place.slots),
        # A TaskManager without heap would keep its slots and fail every checkpoint, so it must exit.
        "taskmanager.jvm-exit-on-oom": "true",
        # A caller that can upload a jar can run code.
        "web.submit.enable": "false",
    }
    if deployment.is_endless:
        options |= {"high-availability.type": "kubernetes", **storage_options(deployment)}
    else:
        # In the JobManager's memory, Flink's default, windows soon have no room.
        options["execution.checkpointing.dir"] = f"file://{DATA}/checkpoints"
    if deployment.gpus:
        options |= gpu_options(deployment.gpus)
    return options | dict(deployment.flink)


def gpu_options(amount: int) -> dict[str, str]:
    """Return the options with which each TaskManager's pod asks Kubernetes for GPUs of NVIDIA's device plugin.

    Flink then starts no pod where there is none free. It does not tell Python which ones a subtask has; workers claim
    them one by one.

    Args:
        amount: GPUs of a TaskManager.
    """
    return {
        "external-resources": "gpu",
        "external-resource.gpu.driver-factory.class": "org.apache.flink.externalresource.gpu.GPUDriverFactory",
        "external-resource.gpu.amount": str(amount),
        "external-resource.gpu.kubernetes.config-key": "nvidia.com/gpu",
    }


def storage_options(deployment: Deployment, overlay: str = "") -> dict[str, str]:
    """Return the options that name the folders of a deployment's state, one set for each overlay."""
    folder = deployment.storage(overlay)
    return {
        "execution.checkpointing.dir": f"{folder}/checkpoints",
        "execution.checkpointing.savepoint-dir": f"{folder}/savepoints",
        "high-availability.storageDir": f"{folder}/ha",
    }


def autoscaler_options(deployment: Deployment) -> dict[str, str]:
    """Return the options of the operator's autoscaler for a job that starts with some parallelism."""
    most = {"job.autoscaler.vertex.max-parallelism": str(8 * deployment.parallelism)}
    return {**_AUTOSCALER, **most}


def process_memory() -> dict[str, str]:
    """Return the memory of a pod by its role, as flink-conf.yaml has it."""
    shipped = _shipped()
    return {role: shipped[key] for key, role in _MEMORY.items()}


def _shipped() -> dict[str, str]:
    path = shipped_flink_conf()
    if path is None:
        refuse("flink-conf.yaml", "the file of this package", "none", "pip install --force-reinstall gress-ml")
    return read_flink_conf(path)
