"""A watch that starts a TaskManager where there is none left."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from jobs.runs.watches.mini_cluster import TaskManagerWatch


class Cluster:
    """A cluster that tells numbers of TaskManagers one after the other, then fails as one that has ended does."""

    def __init__(self, *numbers: int) -> None:
        self._numbers: Iterator[int] = iter(numbers)
        self.starts: list[int] = []
        self.is_over = threading.Event()
        self._told = 0

    def count(self) -> int:
        try:
            number = next(self._numbers)
        except StopIteration:
            self.is_over.set()
            raise RuntimeError from None
        self._told += 1
        return number

    def start(self) -> None:
        self.starts.append(self._told)


def watched(cluster: Cluster) -> list[int]:
    """Return after how many looks a TaskManager was started."""
    with TaskManagerWatch(cluster.count, cluster.start, look_s=0.001):
        assert cluster.is_over.wait(20)
    return cluster.starts


def test_one_that_has_ended_is_started_again_each_time() -> None:
    assert watched(Cluster(1, 0, 1, 1, 0)) == [2, 5]


def test_the_first_one_starts_by_itself() -> None:
    assert watched(Cluster(0, 0, 1, 2)) == []


def test_a_run_that_ends_ends_the_watch() -> None:
    cluster = Cluster(*[1] * 100_000)
    with TaskManagerWatch(cluster.count, cluster.start, look_s=30):
        pass
    assert cluster.starts == []
    assert not [thread for thread in threading.enumerate() if thread.name == "task manager watch"]
