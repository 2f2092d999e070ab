"""A job as Kubernetes runs it: the facts that its manifests are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

METRICS_PORT = 9249
"""Port of the Python workers' metrics where the job's YAML names none."""

FLINK_METRICS_PORT = 9250
"""Port of Flink's own metrics."""

DATA = PurePosixPath("/data")
"""Folder of the volume that all pods of a job with folders share."""


@dataclass(frozen=True)
class Place:
    """The surroundings of a job, which its YAML does not hold.

    Attributes:
        image: image with this package, as deploy/Dockerfile makes it.
        storage: URL of the folder for checkpoints, savepoints and the leader's records, without a slash at its end.
        slots: slots of each TaskManager.
        operator_namespace: namespace of Flink's operator, which may reach the REST port.
        monitoring_namespace: namespace of Prometheus, which may reach the metrics.
    """

    image: str
    storage: str
    slots: int = 2
    operator_namespace: str = "flink-operator"
    monitoring_namespace: str = "monitoring"


@dataclass(frozen=True)
class Variable:
    """A ``${NAME}`` of a job's YAML.

    Attributes:
        name: name of the variable, and of its key in the Secret.
        is_optional: the YAML has a default for it.
    """

    name: str
    is_optional: bool


@dataclass(frozen=True)
class SettingsFile:
    """A file of settings, as pods see it.

    Attributes:
        path: its path below the folder of settings.
        text: its content, references to variables as they are written.
    """

    path: str
    text: str


@dataclass(frozen=True)
class Deployment:
    """A job and where it runs.

    Attributes:
        name: name of all its objects.
        job: name in the table of jobs.
        place: image, storage, neighbours.
        files: its settings, the job's own file first.
        parallelism: slots that it starts with.
        overrides: assignments ``key.path=value`` behind those of the file.
        input: input of the run; empty: the job's own.
        is_endless: it reads and writes topics, so that it continues by itself when its JobManager is lost.
        metrics_port: port of the Python workers' metrics.
        variables: references of its settings, by name.
        kafka_names: paths of settings that get a name of this deployment in Kafka, as no file sets one.
        flink: Flink options of the job's YAML.
        gpus: GPUs of each TaskManager.
    """

    name: str
    job: str
    place: Place
    files: tuple[SettingsFile, ...]
    parallelism: int
    overrides: tuple[str, ...] = ()
    input: str = ""
    is_endless: bool = True
    metrics_port: int = METRICS_PORT
    variables: tuple[Variable, ...] = ()
    kafka_names: tuple[str, ...] = ()
    flink: Mapping[str, str] = field(default_factory=dict)
    gpus: int = 0

    @property
    def secret(self) -> str:
        """Name of the Secret with the values of all variables."""
        return f"{self.name}-secrets"

    @property
    def settings(self) -> str:
        """Name of the ConfigMap with the settings."""
        return f"{self.name}-settings"

    @property
    def volume(self) -> str:
        """Name of the claim of the volume that all pods of a job with folders share."""
        return f"{self.name}-data"

    @property
    def task_managers(self) -> int:
        """Number of TaskManagers that the job starts with."""
        return -(-self.parallelism // self.place.slots)

    def storage(self, overlay: str = "") -> str:
        """Return the URL of the job's folder in the storage, one for each overlay."""
        return "/".join(filter(None, (self.place.storage, overlay, self.name)))
