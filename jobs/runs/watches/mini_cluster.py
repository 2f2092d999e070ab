"""The mini-cluster of a local run, whose TaskManager comes back when it has ended.

Flink ends a TaskManager when a task cannot be cleaned up, and PyFlink's operators and connectors that throw again while
they close sometimes cannot. A cluster has others, or somebody who starts it again; here the job would wait for slots.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from jobs.flink.environment import is_submitted
from jobs.runs.watches.looking import Looking

if TYPE_CHECKING:
    from pyflink.common import JobClient

_LOOK_S = 1.0
# Flink's client of a job in a mini-cluster of its own.
_CLIENT = "MiniClusterJobClient"


class TaskManagerWatch(Looking):
    """A context in which a thread starts a TaskManager where there was one and is none.

    Args:
        count: function that returns the number of TaskManagers.
        start: function that starts one.
        look_s: seconds between two looks.
    """

    def __init__(self, count: Callable[[], int], start: Callable[[], None], *, look_s: float = _LOOK_S) -> None:
        super().__init__("task manager watch", look_s)
        self._count, self._start = count, start
        self._had_one = False

    def look(self) -> bool:
        """Start a TaskManager where there was one and is none."""
        try:
            there = self._count()
            if self._had_one and not there and not self.is_over:
                self._start()
        except Exception:
            # The job, and with it the cluster or the JVM, has ended; the caller that waits for the job reports why.
            return False
        self._had_one = self._had_one or there > 0
        return True


def keeping_task_manager(client: JobClient) -> AbstractContextManager[object]:
    """Return a context in which the TaskManager of a job that runs in this process's mini-cluster comes back.

    Args:
        client: of the job.
    """
    cluster = None if is_submitted() else _mini_cluster(client)
    if cluster is None:
        return nullcontext()
    return TaskManagerWatch(
        lambda: int(cluster.requestClusterOverview().get().getNumTaskManagersConnected()), cluster.startTaskManager
    )


def _mini_cluster(client: JobClient) -> Any:
    """Return the cluster inside Flink's client, which has no method for it; None: the job runs on another."""
    inner: Any = client._j_job_client
    if inner.getClass().getSimpleName() != _CLIENT:
        return None
    field = inner.getClass().getDeclaredField("miniCluster")
    field.setAccessible(True)
    return field.get(inner)
