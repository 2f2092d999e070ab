"""The checkpoint that the finished tasks of a bounded run wait for."""

from __future__ import annotations

import threading
from types import TracebackType

from typing_extensions import Self

from jobs.errors import JobError
from jobs.flink.rest import FlinkRest

_LOOK_S = 1.0
_PATIENCE_S = 5.0


class FinalCheckpoint:
    """A context that asks for a checkpoint where tasks have ended and others wait for one to end with.

    A task that has read all its input ends with the next checkpoint. Flink takes one as soon as all tasks have read
    all. A task that is just closing declines it, and then the others wait until the interval has passed.

    Args:
        address: HOST:PORT of Flink's REST API.
        look_s: seconds between two looks.
    """

    def __init__(self, address: str, look_s: float = _LOOK_S) -> None:
        self._rest = FlinkRest(address, timeout_s=_PATIENCE_S)
        self._look_s = look_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="final checkpoint", daemon=True)
        self._seen = self._asked = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(_PATIENCE_S)

    def _watch(self) -> None:
        while not self._stop.wait(self._look_s):
            try:
                self._look()
            except JobError:
                # The API starts after this thread and ends before it.
                continue

    def _look(self) -> None:
        for job in self._rest.get("/jobs/overview")["jobs"]:
            seen, self._seen = self._seen, job["tasks"]["finished"]
            is_waiting = 0 < seen == self._seen < job["tasks"]["total"]
            # A task may work for long after another ended: ask once each time that one more has ended.
            if not is_waiting or self._asked == seen:
                continue
            if not self._rest.get(f"/jobs/{job['jid']}/checkpoints")["counts"]["in_progress"]:
                self._rest.post(f"/jobs/{job['jid']}/checkpoints", {})
                self._asked = seen
