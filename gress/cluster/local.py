"""A Flink session cluster on this machine, from the scripts that come with PyFlink.

    [ZooKeeper, with high availability] ── JobManagers ── TaskManagers ── Python workers

One folder holds all its files and ``cluster.json``, which describes the cluster. A TaskManager that ends by itself
comes back; a second start on the same folder restarts the members that were killed, and adds TaskManagers where it asks
for more.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from uuid import uuid4

from conf.folders.whole_file import whole_file
from gress.cluster.claim import FILE, check_may_clear, claim_folder, is_cluster_folder
from gress.cluster.conf import ClusterRequest, flink_home, flink_python_jar, write_conf
from gress.cluster.processes import MARK, is_member, marked_processes, stop_processes
from gress.cluster.task_manager import noted_pid, start_task_manager, wait_for_pid
from jobs.errors import JobError, fail, refuse
from jobs.flink.jvm.java import require_java
from jobs.flink.ports import free_port
from jobs.flink.rest import FlinkRest

DEFAULT_DIR = Path("gress-cluster")

_FOREIGN = (
    "PYTHONPATH",
    "FLINK_HOME",
    "FLINK_LIB_DIR",
    "FLINK_OPT_DIR",
    "FLINK_PLUGINS_DIR",
    "_FLINK_HOME_DETERMINED",
)
_START_S = 120.0
_POLL_S = 0.3


@dataclass(frozen=True)
class Member:
    """A process of the cluster.

    Attributes:
        role: ``zookeeper``, ``jobmanager`` or ``taskmanager``.
        pid: its process id, while it runs.
        name: name of its log files; of a TaskManager also its id in the cluster.
        rest_port: REST port of a JobManager.
    """

    role: str
    pid: int
    name: str
    rest_port: int | None = None


@dataclass(frozen=True)
class LocalCluster:
    """The content of ``cluster.json``.

    Attributes:
        address: HOST:PORT of the REST API.
        directory: folder of the cluster.
        slots: slots of all TaskManagers together.
        zookeeper_port: port of ZooKeeper; None: there is none.
        members: processes of the cluster.
    """

    address: str
    directory: str
    slots: int
    zookeeper_port: int | None = None
    members: tuple[Member, ...] = field(default=())

    @property
    def folder(self) -> Path:
        """The folder of the cluster."""
        return Path(self.directory)

    @property
    def addresses(self) -> tuple[str, ...]:
        """HOST:PORT of every JobManager; each answers for the leader."""
        return tuple(f"127.0.0.1:{member.rest_port}" for member in self.members if member.rest_port is not None)


def start_cluster(request: ClusterRequest) -> LocalCluster:
    """Start a cluster, or the missing members of one, or more TaskManagers for it, and wait for its slots.

    Raises:
        JobError: there is no Java, the folder holds something else, or the slots are missing after two minutes.
    """
    folder = request.folder
    known = read_cluster(folder) if (folder / FILE).is_file() else None
    alive = tuple(member for member in known.members if is_member(member.pid, folder)) if known else ()
    if not alive:
        _claim(folder)
        known = None
    elif known is not None and not _covers(request, known):
        refuse(
            f"cluster {folder}",
            f"the {known.slots} slots it was started with",
            request.slots * request.task_managers,
            f"first: gress cluster down --dir {folder}",
        )
    try:
        return _bring_up(request, known, alive)
    except BaseException:
        # Half a cluster is worse than none, but members that ran before must stay.
        if not alive:
            stop_cluster(folder)
        raise


def read_cluster(folder: Path) -> LocalCluster:
    """Read the description of a cluster from its folder.

    Raises:
        JobError: no cluster was started there.
    """
    path = folder.resolve() / FILE
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
        members = tuple(_current(path.parent, Member(**member)) for member in tree.pop("members"))
        return LocalCluster(**tree, members=members)
    except FileNotFoundError:
        refuse(f"cluster {folder}", f"{FILE} of a started cluster", "none", "gress cluster up starts one")
    except (OSError, ValueError, TypeError, KeyError) as error:
        refuse(str(path), "what `gress cluster up` writes", error, "start it again")


def _current(folder: Path, member: Member) -> Member:
    """Return a member with its process of now, as a TaskManager may have come back."""
    pid = noted_pid(folder / "pid", member.name) if member.role == "taskmanager" else None
    return member if pid is None else replace(member, pid=pid)


def find_address(cluster: LocalCluster) -> str:
    """Return the address of a JobManager that answers, or the cluster's own if none does."""
    for address in cluster.addresses[1:] and cluster.addresses:
        with suppress(JobError):
            FlinkRest(address, timeout_s=2).get("/overview")
            return address
    return cluster.address


def stop_cluster(folder: Path) -> int:
    """Stop all processes of a cluster, also of one that crashed; return the number of stopped processes.

    Logs, checkpoints and savepoints stay. A new cluster in the folder does not restore the jobs by itself.

    Raises:
        JobError: the folder holds something else than a cluster.
    """
    folder = folder.resolve()
    check_may_clear(folder)
    stopped = _end_members(folder)
    for name in ("zookeeper", "ha"):
        shutil.rmtree(folder / name, ignore_errors=True)
    return stopped


def _end_members(folder: Path) -> int:
    members = read_cluster(folder).members if (folder / FILE).is_file() else ()

    def left() -> set[int]:
        return marked_processes(folder) | {member.pid for member in members if is_member(member.pid, folder)}

    stopped = stop_processes(left)
    (folder / FILE).unlink(missing_ok=True)
    for name in ("pid", "tmp"):
        shutil.rmtree(folder / name, ignore_errors=True)
    return stopped


def _covers(request: ClusterRequest, known: LocalCluster) -> bool:
    """Return whether a request has all TaskManagers of a cluster, and maybe more of the same size."""
    managers = sum(member.role == "taskmanager" for member in known.members)
    return known.slots == request.slots * managers and request.task_managers >= managers


def _claim(folder: Path) -> None:
    check_may_clear(folder)
    if is_cluster_folder(folder):
        # Stop workers whose JVMs were killed, but keep a highly available cluster's knowledge of its jobs.
        _end_members(folder)
    claim_folder(folder)


def _bring_up(request: ClusterRequest, known: LocalCluster | None, alive: tuple[Member, ...]) -> LocalCluster:
    folder = request.folder
    ports = [member.rest_port for member in known.members if member.rest_port] if known else []
    if not ports:
        ports = [request.port or free_port(), *(free_port() for _ in range(request.job_managers - 1))]
    zookeeper = known.zookeeper_port if known else (free_port() if request.is_highly_available else None)
    if known is None:
        write_conf(request, rest_port=ports[0], rpc_port=free_port(), zookeeper_port=zookeeper)
    wanted: list[tuple[str, int | None]] = [("zookeeper", None)] if zookeeper else []
    wanted += [("jobmanager", port) for port in ports]
    wanted += [("taskmanager", None)] * request.task_managers
    for member in alive:
        wanted.remove((member.role, member.rest_port))
    # Each script reads its configuration for seconds, so run them at the same time.
    with ThreadPoolExecutor(max_workers=len(wanted) or 1) as pool:
        started = list(pool.map(lambda asked: _start_member(folder, *asked), wanted))
    slots = request.slots * request.task_managers
    cluster = LocalCluster(f"127.0.0.1:{ports[0]}", str(folder), slots, zookeeper, (*alive, *started))
    with whole_file(folder / FILE) as part:
        part.write_text(json.dumps(asdict(cluster), indent=2) + "\n", encoding="utf-8")
    _wait_for_slots(cluster)
    return cluster


def _start_member(folder: Path, role: str, rest_port: int | None) -> Member:
    """Start a process with Flink's own script."""
    name = f"{role}-{uuid4().hex[:8]}"
    if role == "taskmanager":
        keeper = start_task_manager(flink_home(), cluster_environment(folder), name)
        pid = wait_for_pid(keeper, folder / "pid", name, _START_S)
        if pid is None:
            fail(f"cluster {folder}", f"{role} did not start", f"see {folder / 'log'}")
        return Member(role, pid, name)
    arguments = {"zookeeper": ["1"], "jobmanager": ["-D", f"rest.port={rest_port}"]}[role]
    done = subprocess.run(
        ["bash", str(flink_home() / "bin" / f"{role}.sh"), "start", *arguments],
        env=cluster_environment(folder) | {"FLINK_IDENT_STRING": name},
        capture_output=True,
        text=True,
        check=False,
    )
    pids = [int(line) for path in (folder / "pid").glob(f"flink-{name}-*.pid") for line in path.read_text().split()]
    if done.returncode or len(pids) != 1:
        said = (done.stdout + done.stderr).strip().splitlines() or ["nothing"]
        fail(f"cluster {folder}", f"{role} did not start: {said[-1]}", f"see {folder / 'log'}")
    return Member(role, pids[0], name, rest_port)


def cluster_environment(folder: Path, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment of a cluster's processes.

    Raises:
        JobError: there is no Java 11, 17 or 21.
    """
    java = require_java(environ)
    # Workers must not inherit a path to sources, or one of this process's own Flink.
    kept = {name: value for name, value in environ.items() if name not in _FOREIGN}
    # In thread mode the JVM embeds the first Python on PATH.
    path = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", "")])
    # The only variable whose jars Flink's scripts add to those of its lib folder.
    classes = os.pathsep.join(filter(None, [str(flink_python_jar()), kept.get("HADOOP_CLASSPATH", "")]))
    return kept | {
        MARK: str(folder),
        "FLINK_CONF_DIR": str(folder / "conf"),
        "JAVA_HOME": str(java.home),
        "PATH": path,
        "HADOOP_CLASSPATH": classes,
    }


def _wait_for_slots(cluster: LocalCluster) -> None:
    rest = FlinkRest(cluster.address, timeout_s=2)
    deadline = time.monotonic() + _START_S
    # Compare names rather than counts, because the cluster lists a dead TaskManager for a while.
    wanted = {member.name for member in cluster.members if member.role == "taskmanager"}
    found: set[str] = set()
    while time.monotonic() < deadline:
        try:
            found = {manager["id"] for manager in rest.get("/taskmanagers")["taskmanagers"] if manager["slotsNumber"]}
        except JobError:
            # The JobManager is not up yet, or there is no leader.
            found = set()
        if wanted <= found:
            return
        _expect_running(cluster)
        time.sleep(_POLL_S)
    refuse(
        f"cluster {cluster.directory}",
        f"{len(wanted)} TaskManagers after {_START_S:.0f} s",
        len(wanted & found),
        f"see {cluster.folder / 'log'}",
    )


def _expect_running(cluster: LocalCluster) -> None:
    for member in cluster.members:
        if not is_member(member.pid, cluster.folder):
            refuse(
                f"cluster {cluster.directory}",
                f"{member.name} to run",
                "one that ended by itself",
                f"see {cluster.folder / 'log'}; started again, it comes back",
            )
