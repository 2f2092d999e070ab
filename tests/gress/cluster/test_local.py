from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gress.cluster.claim import check_may_clear, claim_folder
from gress.cluster.conf import ClusterRequest
from gress.cluster.local import (
    LocalCluster,
    Member,
    cluster_environment,
    find_address,
    read_cluster,
    start_cluster,
    stop_cluster,
)
from gress.cluster.processes import MARK, is_member, marked_processes, stop_processes
from jobs.errors import JobError
from tests.support.flink_stub import FlinkStub, serve

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds processes by /proc")

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
MILD = "import time; print('up', flush=True); time.sleep(60)"


class Processes:
    """Starts processes as members of a cluster, and ends them with the test."""

    def __init__(self) -> None:
        self.started: list[subprocess.Popen[str]] = []

    def start(self, folder: Path | None, code: str = MILD) -> subprocess.Popen[str]:
        mark = {MARK: str(folder)} if folder else {}
        process = subprocess.Popen(
            [sys.executable, "-c", code], env={**os.environ, **mark}, stdout=subprocess.PIPE, text=True
        )
        self.started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        return process


@pytest.fixture
def processes() -> Iterator[Processes]:
    found = Processes()
    yield found
    for process in found.started:
        process.kill()
        process.communicate()


def test_members_are_found_by_their_mark(processes: Processes, tmp_path: Path) -> None:
    ours, other, none = (processes.start(folder) for folder in (tmp_path / "a", tmp_path / "ab", None))
    assert marked_processes(tmp_path / "a") == {ours.pid}
    assert is_member(ours.pid, tmp_path / "a")
    assert not is_member(other.pid, tmp_path / "a")
    assert not is_member(none.pid, tmp_path / "a")


def test_down_stops_members_and_orphans_and_nobody_else(processes: Processes, tmp_path: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    listed, orphan, other = (processes.start(name) for name in (folder, folder, tmp_path / "b"))
    gone = processes.start(folder)
    gone.kill()
    gone.wait()
    # A process id that was given to somebody else meanwhile.
    members = [{"role": "taskmanager", "pid": pid, "name": "t"} for pid in (listed.pid, gone.pid, other.pid)]
    tree = {"address": "127.0.0.1:1", "directory": str(folder), "slots": 2, "members": members}
    (folder / "cluster.json").write_text(json.dumps(tree))
    assert stop_cluster(folder) == 2
    assert listed.wait(5)
    assert orphan.wait(5)
    assert other.poll() is None
    assert not (folder / "cluster.json").exists()
    assert stop_cluster(folder) == 0


def test_who_does_not_listen_is_killed(processes: Processes, tmp_path: Path) -> None:
    process = processes.start(tmp_path, STUBBORN)
    start = time.monotonic()
    assert stop_processes(lambda: marked_processes(tmp_path), patience_s=0.3) == 1
    assert process.wait(5) == -9
    assert time.monotonic() - start < 5


def test_cluster_without_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JobError, match=r"expected cluster\.json of a started cluster, got none; gress cluster up"):
        read_cluster(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"members": [{"x": 1}]}', '{"members": 1}'])
def test_file_of_something_else_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "cluster.json").write_text(text)
    with pytest.raises(JobError, match=r"cluster\.json: expected what `gress cluster up` writes"):
        read_cluster(tmp_path)


def test_job_manager_that_answers_is_asked(tmp_path: Path) -> None:
    with serve(FlinkStub()) as flink:
        flink.answers["/overview"] = {}
        port = int(flink.address.partition(":")[2])
        members = tuple(Member("jobmanager", 1, "j", each) for each in (1, port))
        assert find_address(LocalCluster("127.0.0.1:1", str(tmp_path), 2, members=members)) == flink.address
    assert find_address(LocalCluster("127.0.0.1:1", str(tmp_path), 2, members=members)) == "127.0.0.1:1"


def test_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(JobError, match=r"expected a new or empty folder, or a cluster's own, got one in use"):
        start_cluster(ClusterRequest(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_url_makes_no_local_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    # A mend that fails must not start processes.
    monkeypatch.setattr("gress.cluster.local._bring_up", lambda *_: None)
    with pytest.raises(JobError, match="expected a folder of this machine, got a URL; name another with --dir"):
        start_cluster(ClusterRequest(Path("s3://bucket/cluster")))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "act", [stop_cluster, lambda folder: start_cluster(ClusterRequest(folder))], ids=["down", "up"]
)
def test_flink_installation_is_left_alone(act: Callable[[Path], object], tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("conf/config.yaml", "tmp/a", "pid/b", "ha/c", "zookeeper/d")]
    for file in files:
        file.parent.mkdir()
        file.write_text("taskmanager.numberOfTaskSlots: 1\n")
    with pytest.raises(JobError, match=r"expected a new or empty folder, or a cluster's own, got one in use"):
        act(tmp_path)
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == sorted(files)


def test_cluster_that_is_down_may_be_started_and_stopped_again(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    claim_folder(folder)
    (folder / "conf").mkdir()
    (folder / "conf" / "config.yaml").touch()
    (folder / "tmp" / "left").touch()
    assert stop_cluster(folder) == 0
    assert not (folder / "tmp").exists()
    check_may_clear(folder)


def test_another_size_of_a_running_cluster_is_refused(processes: Processes, tmp_path: Path) -> None:
    member = {"role": "jobmanager", "pid": processes.start(tmp_path).pid, "name": "j", "rest_port": 1}
    tree = {"address": "127.0.0.1:1", "directory": str(tmp_path), "slots": 2, "members": [member]}
    (tmp_path / "cluster.json").write_text(json.dumps(tree))
    with pytest.raises(JobError, match=r"expected the 2 slots it was started with, got 6; first: gress cluster down"):
        start_cluster(ClusterRequest(tmp_path, slots=3, task_managers=2))


@pytest.mark.parametrize(
    ("slots", "task_managers", "covers"),
    [(2, 1, False), (2, 2, True), (2, 3, True), (4, 1, False), (3, 2, False), (1, 4, False)],
)
def test_running_cluster_may_only_grow_by_task_managers_of_its_size(
    slots: int, task_managers: int, covers: bool, monkeypatch: pytest.MonkeyPatch, processes: Processes, tmp_path: Path
) -> None:
    pid = processes.start(tmp_path).pid
    members = [{"role": "taskmanager", "pid": pid, "name": name, "rest_port": None} for name in ("t1", "t2")]
    tree = {"address": "127.0.0.1:1", "directory": str(tmp_path), "slots": 4, "members": members}
    (tmp_path / "cluster.json").write_text(json.dumps(tree))
    started: list[tuple[str, ...]] = []

    def bring_up(request: ClusterRequest, known: LocalCluster, alive: tuple[Member, ...]) -> LocalCluster:
        started.append(tuple(member.name for member in alive))
        return known

    monkeypatch.setattr("gress.cluster.local._bring_up", bring_up)
    request = ClusterRequest(tmp_path, slots=slots, task_managers=task_managers)
    if covers:
        start_cluster(request)
        assert started == [("t1", "t2")]
        return
    with pytest.raises(JobError, match="expected the 4 slots it was started with"):
        start_cluster(request)


def test_members_know_their_cluster_and_nothing_of_this_process(tmp_path: Path) -> None:
    java = os.environ.get("JAVA_HOME", "")
    given = {
        "PATH": "/usr/bin", "PYTHONPATH": "/src", "FLINK_HOME": "/other", "JAVA_HOME": java, "HADOOP_CLASSPATH": "/h",
    }  # fmt: skip
    found = cluster_environment(tmp_path, given)
    assert found[MARK] == str(tmp_path)
    assert not {"PYTHONPATH", "FLINK_HOME"} & set(found)
    assert found["PATH"].split(os.pathsep)[0] == str(Path(sys.executable).parent)
    jar, hadoop = found["HADOOP_CLASSPATH"].split(os.pathsep)
    assert (Path(jar).is_file(), hadoop) == (True, "/h")
