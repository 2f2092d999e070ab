from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from models.runtimes.gpu.device_claims import DeviceClaims


def test_processes_get_devices_of_their_own(tmp_path: Path) -> None:
    workers = [DeviceClaims(tmp_path / "gpus", {}) for _ in range(5)]
    assert [each.device_of((0, 2)) for each in workers[:4]] == [0, 2, 0, 2]
    assert [each.device_of((0, 2)) for each in workers[:4]] == [0, 2, 0, 2], "a process keeps what it has"
    workers[1].close()
    assert workers[4].device_of((0, 2)) == 2, "the place of a process that has ended is free"


@pytest.mark.parametrize("devices", [(0,), (3, 1), (0, 1, 2)])
def test_load_is_even(devices: tuple[int, ...], tmp_path: Path) -> None:
    held = [DeviceClaims(tmp_path / "gpus", {}) for _ in range(7)]
    counts = Counter(each.device_of(devices) for each in held)
    assert set(counts) == set(devices)
    assert max(counts.values()) - min(counts.values()) <= 1


def test_devices_count_as_the_machine_knows_them(tmp_path: Path) -> None:
    """Device 0 of one TaskManager may be device 3 of the machine, and another's device 1."""
    one = DeviceClaims(tmp_path / "gpus", {"CUDA_VISIBLE_DEVICES": "3"})
    other = DeviceClaims(tmp_path / "gpus", {"CUDA_VISIBLE_DEVICES": "GPU-8f/9, 3"})
    assert one.device_of((0,)) == 0
    assert other.device_of((1, 0)) == 0
    assert sorted(path.name for path in (tmp_path / "gpus").iterdir()) == ["3.0", "GPU-8f_9.0"]


def test_number_of_the_process_decides_where_no_file_can_be_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gpus").write_text("a file in its place")
    monkeypatch.setattr("os.getpid", lambda: 5)
    claims = DeviceClaims(tmp_path / "gpus", {})
    assert [claims.device_of(ids) for ids in ((0,), (0, 2), (4, 5, 6))] == [0, 2, 6]
    claims.close()
