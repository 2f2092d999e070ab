"""Metrics on a full disk, with a real one: a small tmpfs of a mount namespace."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from udfs.metrics.allocated_values import allocate, allocated_dict

ROOT = Path(__file__).parents[3]
PROGRAM = """
import logging, os, sys
from pathlib import Path
logging.basicConfig(level="ERROR", format="%(message)s")
from conf.settings import MetricsSettings
from udfs.metrics.exporter import MetricsServer, export_metrics
from udfs.metrics.series import series
disk = Path(sys.argv[1])
settings = MetricsSettings(port=1, folder=str(disk / "metrics"))
export_metrics("j", settings, is_serving=False)
series("model_swaps_total", "j", "m", "swapped").inc()
room = os.statvfs(disk)
(disk / "filler").write_bytes(bytes(room.f_bavail * room.f_frsize))
# More labels than fit into the blocks of the first; a first observation, whose file is not there yet.
for number in range(2000):
    series("model_swaps_total", "j", f"m{number}", "swapped").inc()
series("model_load_time_seconds", "j", "m", "1.0.0", "onnx").observe(0.2)
server = MetricsServer(settings)
full = server.answer().decode()
(disk / "filler").unlink()
series("model_swaps_total", "j", "after", "swapped").inc()
print("m0" in full, "m1999" in full, "load_time" in full, 'model="after"' in server.answer().decode())
"""


def run_on_small_disk(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a Python program whose only argument is a folder on a disk of 256 KiB."""
    if shutil.which("unshare") is None:
        pytest.skip("needs unshare")
    mount = f"mount -t tmpfs -o size=256k tmpfs {folder}"
    if subprocess.run(["unshare", "-Urm", "sh", "-c", mount], capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount in a namespace of its own")
    script = f'{mount} && exec "$@"'
    command = ["unshare", "-Urm", "sh", "-c", script, "sh", sys.executable, "-c", program, str(folder)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


@pytest.mark.skipif(sys.platform != "linux", reason="mounts a small disk")
def test_worker_on_a_full_disk_goes_on_and_says_so(tmp_path: Path) -> None:
    done = run_on_small_disk(PROGRAM, tmp_path)
    assert (done.returncode, done.stdout) == (0, "True False False True\n"), done.stderr
    said = f"metrics: the job goes on without new ones in {tmp_path / 'metrics'}: No space left on device\n"
    assert done.stderr == said


def test_every_block_of_a_file_is_on_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "counter_1.db"
    values = allocated_dict()(str(path))
    for number in range(3000):
        values.write_value(f"a value with a long name {number}", float(number), 0.0)
    values.close()
    found = path.stat()
    assert found.st_blocks * 512 >= found.st_size > 1 << 16
    again = allocated_dict()(str(path))
    assert again.read_value("a value with a long name 2999") == (2999.0, 0.0)
    again.close()


@pytest.mark.parametrize("before", [b"", b"kept"], ids=["new file", "file with values"])
def test_file_that_finds_no_room_is_as_before(before: bytes, tmp_path: Path) -> None:
    path = tmp_path / "counter_1.db"
    if before:
        path.write_bytes(before)
    room = [100]

    def write(file: int, data: bytes) -> int:
        if not room:
            raise OSError(errno.ENOSPC, "No space left on device")
        return os.write(file, data[: room.pop()])

    with pytest.raises(OSError, match="No space left on device"):
        allocate(str(path), 1 << 16, write)
    assert (path.read_bytes() if path.exists() else b"") == before
    assert path.exists() == bool(before)
