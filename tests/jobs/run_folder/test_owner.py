"""A run waits for the JVM of the run before, whose command was killed."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.errors import JobError
from jobs.run_folder.owner import MARKER, note_owner, wait_for_owner

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the system shows no processes")

# It looks like a JVM of PyFlink: the name is an argument.
JVM = [sys.executable, "-c", "import time; time.sleep(60)", "org.apache.flink.client.python.PythonGatewayServer"]
COMMAND = f"""
import subprocess, sys, time
from pathlib import Path
from jobs.run_folder.owner import note_owner
jvm = subprocess.Popen({JVM!r})
while b"PythonGatewayServer" not in Path(f"/proc/{{jvm.pid}}/cmdline").read_bytes():
    time.sleep(0.01)
note_owner(Path(sys.argv[1]))
print(jvm.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def orphan(tmp_path: Path, repository: Path) -> Iterator[int]:
    """A JVM whose command was killed; it is named in the folder."""
    command = subprocess.Popen(
        [sys.executable, "-c", COMMAND, str(tmp_path)], stdout=subprocess.PIPE, cwd=repository, text=True
    )
    assert command.stdout is not None
    pid = int(command.stdout.readline())
    command.kill()
    command.wait()
    command.stdout.close()
    yield pid
    subprocess.run(["kill", "-9", str(pid)], capture_output=True, check=False)


def test_run_waits_until_the_jvm_of_the_one_before_has_ended(orphan: int, tmp_path: Path) -> None:
    looks: list[float] = []

    def sleep(seconds: float) -> None:
        looks.append(seconds)
        if len(looks) == 3:
            subprocess.run(["kill", "-9", str(orphan)], check=True)
        time.sleep(seconds)

    wait_for_owner(tmp_path, sleep=sleep)
    assert len(looks) >= 3


def test_folder_of_a_run_at_work_is_refused(orphan: int, tmp_path: Path) -> None:
    with pytest.raises(JobError, match=rf"got that of a run at work, process {orphan}; stop it"):
        wait_for_owner(tmp_path, patience_s=0.2)


@pytest.mark.parametrize("text", ["", "1 2\n", "999999999 5\n", "no number"])
def test_nobody_waits_for_a_process_that_is_another_or_gone(text: str, tmp_path: Path) -> None:
    (tmp_path / MARKER).write_text(text)
    wait_for_owner(tmp_path, patience_s=0)
    wait_for_owner(tmp_path / "nowhere", patience_s=0)


def test_process_with_the_number_of_the_one_before_is_another(orphan: int, tmp_path: Path) -> None:
    (tmp_path / MARKER).write_text(f"{orphan} 1\n")
    wait_for_owner(tmp_path, patience_s=0)


def test_own_jvm_is_no_hindrance(tmp_path: Path) -> None:
    jvm = subprocess.Popen(JVM)
    try:
        while b"PythonGatewayServer" not in Path(f"/proc/{jvm.pid}/cmdline").read_bytes():
            time.sleep(0.01)
        note_owner(tmp_path)
        assert (tmp_path / MARKER).read_text().startswith(f"{jvm.pid} ")
        wait_for_owner(tmp_path, patience_s=0)
    finally:
        jvm.kill()
        jvm.wait()
