"""The mini-cluster of a local run, whose TaskManager comes back when it has ended.

Flink ends a TaskManager when a task cannot be cleaned up, and PyFlink's operators and connectors that throw again while
they close sometimes cannot. A cluster has others, or somebody who starts it again; here the job would wait for slots.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import TYPE_CHECKING, Any

from typing_extensions import Self

from jobs.flink.environment import is_submitted

if TYPE_CHECKING:
    from pyflink.common import JobClient

_LOOK_S = 1.0
_PATIENCE_S = 5.0
# Flink's client of a job in a mini-cluster of its own.
_CLIENT = "MiniClusterJobClient"


class TaskManagerWatch:
    """A context in which a thread starts a TaskManager where there was one and is none.

    Args:
        count: function that returns the number of TaskManagers.
        start: function that starts one.
        look_s: seconds between two looks.
    """

    def __init__(self, count: Callable[[], int], start: Callable[[], None], *, look_s: float = _LOOK_S) -> None:
        self._count, self._start, self._look_s = count, start, look_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="task manager watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        # A cluster that ends meanwhile may leave its question without an answer.
        self._thread.join(_PATIENCE_S)

    def _watch(self) -> None:
        had_one = False
        try:
            while not self._stop.wait(self._look_s):
                there = self._count()
                if had_one and not there and not self._stop.is_set():
                    self._start()
                had_one = had_one or there > 0
        except Exception:
            # The job, and with it the cluster or the JVM, has ended: who waits for the job tells why.
            return


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
    """Return the cluster that Flink's client holds, and gives to nobody; None: the job is on another."""
    inner: Any = client._j_job_client
    if inner.getClass().getSimpleName() != _CLIENT:
        return None
    field = inner.getClass().getDeclaredField("miniCluster")
    field.setAccessible(True)
    return field.get(inner)
