"""Configuration of a local cluster: PyFlink's defaults, our options, and the cluster's own folders and ports."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

from gress.cluster.silence import silence_environment
from jobs.errors import fail, refuse, refuse_url
from jobs.flink.conf_file import read_flink_conf
from jobs.flink.environment import shipped_flink_conf
from jobs.flink.file_urls import file_url
from jobs.flink.metrics import parse_ports, reporter_options

ADAPTIVE: Mapping[str, str] = MappingProxyType(
    {
        "jobmanager.scheduler": "adaptive",
        # `gress autoscale` has pauses of its own between two changes.
        "jobmanager.adaptive-scheduler.executing.cooldown-after-rescaling": "5 s",
        # A job that lost a TaskManager continues with what is left after this long, and with a new one as soon.
        "jobmanager.adaptive-scheduler.submission.resource-stabilization-timeout": "5 s",
        "jobmanager.adaptive-scheduler.executing.resource-stabilization-timeout": "10 s",
        # Rates are differences of counts, so counts must be new at each look; Flink's own default is 10 s.
        "metrics.fetcher.update-interval": "2 s",
    }
)
"""Options of a cluster that runs jobs with the slots there are, and rescales them when asked."""


@dataclass(frozen=True)
class ClusterRequest:
    """A request for a local cluster.

    Attributes:
        directory: folder of the cluster, new or its own.
        slots: slots of each TaskManager; a slot runs one task of every operator and one Python worker.
        task_managers: number of TaskManager processes.
        port: port of the REST API; 0: a free one.
        is_highly_available: start a ZooKeeper and a second JobManager, which takes over all jobs when the first dies.
        options: Flink options that win over all others.
        metrics_ports: ports of Flink's own metrics, one for each process, such as ``9250-9259``; empty: none.
    """

    directory: Path
    slots: int = 2
    task_managers: int = 1
    port: int = 0
    is_highly_available: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    metrics_ports: str = ""

    @property
    def folder(self) -> Path:
        """The absolute path of the folder, which marks the cluster's processes.

        Raises:
            JobError: the folder is a URL.
        """
        refuse_url(f"cluster {self.directory}", self.directory, "name another with --dir")
        return self.directory.resolve()

    @property
    def job_managers(self) -> int:
        """Number of JobManager processes."""
        return 2 if self.is_highly_available else 1


def flink_home() -> Path:
    """Return the folder of PyFlink's Flink: scripts, libraries, configuration.

    Raises:
        JobError: PyFlink is not installed.
    """
    spec = find_spec("pyflink")
    if spec is None or spec.origin is None:
        refuse("pyflink", "apache-flink 2.3 beside this package", "none", "pip install gress-ml")
    return Path(spec.origin).parent


def flink_python_jar() -> Path:
    """Return the jar with Flink's classes for Python, which is not in its lib folder.

    Raises:
        JobError: PyFlink is not installed, or not whole.
    """
    found = sorted((flink_home() / "opt").glob("flink-python-*.jar"))
    if not found:
        refuse("pyflink", f"flink-python's jar in {flink_home() / 'opt'}", "none", "install apache-flink again")
    return found[-1]


def parse_options(given: list[str]) -> dict[str, str]:
    """Return ``KEY=VALUE`` texts as Flink options.

    Raises:
        JobError: a text is not ``KEY=VALUE``.
    """
    options = {}
    for text in given:
        key, sign, value = text.partition("=")
        if not sign or not key.strip():
            fail(f"option {text!r}", "expected KEY=VALUE", "as in taskmanager.memory.process.size=2g")
        options[key.strip()] = value.strip()
    return options


def write_conf(request: ClusterRequest, *, rest_port: int, rpc_port: int, zookeeper_port: int | None) -> None:
    """Write the configuration folder of the cluster's processes."""
    folder = request.folder / "conf"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(flink_home() / "conf", folder)
    options = cluster_options(request, rest_port=rest_port, rpc_port=rpc_port, zookeeper_port=zookeeper_port)
    text = "".join(f"{key}: {value}\n" for key, value in options.items())
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    silence_environment(folder)
    if zookeeper_port:
        (folder / "zoo.cfg").write_text(_zookeeper_conf(request.folder, zookeeper_port), encoding="utf-8")


def cluster_options(
    request: ClusterRequest, *, rest_port: int, rpc_port: int, zookeeper_port: int | None
) -> dict[str, str]:
    """Return all options of a cluster; the request's options win over this cluster's, and these over the shipped."""
    shipped, folder = shipped_flink_conf(), request.folder
    options = read_flink_conf(shipped) if shipped else {}
    # Listen on this machine only: by default Flink listens on every interface.
    options |= dict.fromkeys(("jobmanager.bind-host", "taskmanager.bind-host", "taskmanager.host"), "localhost")
    options |= {
        "rest.port": str(rest_port),
        "jobmanager.rpc.port": str(rpc_port),
        "taskmanager.numberOfTaskSlots": str(request.slots),
        # Detect a dead process after 20 s instead of Flink's 50 s: on one machine no network delays heartbeats.
        "heartbeat.interval": "3 s",
        "heartbeat.timeout": "20 s",
        # A TaskManager without heap would keep its slots and fail every checkpoint, so it must exit.
        "taskmanager.jvm-exit-on-oom": "true",
        # A TaskManager that starts before its JobManager retries after 0.5 s instead of Flink's 10 s.
        "cluster.registration.error-delay": "500 ms",
        "env.log.dir": str(folder / "log"),
        "env.pid.dir": str(folder / "pid"),
        "io.tmp.dirs": str(folder / "tmp"),
        "execution.checkpointing.dir": file_url(folder / "checkpoints"),
        "execution.checkpointing.savepoint-dir": file_url(folder / "savepoints"),
    }
    if zookeeper_port:
        options |= {
            "high-availability.type": "zookeeper",
            "high-availability.zookeeper.quorum": f"localhost:{zookeeper_port}",
            "high-availability.storageDir": file_url(folder / "ha"),
            # A dead JobManager loses the leadership after 10 s instead of Flink's 60 s.
            "high-availability.zookeeper.client.session-timeout": "10 s",
        }
    if request.metrics_ports:
        options |= reporter_options(parse_ports(request.metrics_ports, request.job_managers + request.task_managers))
    return {**options, **request.options}


def _zookeeper_conf(folder: Path, port: int) -> str:
    # One server is no quorum: the cluster survives the loss of a JobManager, but not of the machine.
    lines = {
        "tickTime": "2000",
        "dataDir": str(folder / "zookeeper"),
        "clientPort": str(port),
        "clientPortAddress": "127.0.0.1",
        "admin.enableServer": "false",
    }
    return "".join(f"{key}={value}\n" for key, value in lines.items())
