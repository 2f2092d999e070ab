"""The checkpoint that the tasks of a bounded run end with."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from jobs.errors import JobError
from jobs.flink.rest import FlinkRest
from jobs.runs.watches.looking import Looking

_LOOK_S = 1.0
_PATIENCE_S = 5.0
_FIRST_PAUSE = 5


class FinalCheckpoint(Looking):
    """A context that triggers the final checkpoint, for which tasks wait before they end.

    A task that has read all its input ends with the next checkpoint. Flink takes one as soon as all tasks have read
    all. A task that is just closing declines it, and then the others wait until the interval has passed. All tasks wait
    for as long after a checkpoint that failed, until the job has had one failure more than it tolerates: on a full disk
    a run would seem to hang. So after a failure it is asked for again, after 5 looks, then after 10, 20 and so on.

    Args:
        address: HOST:PORT of Flink's REST API.
        look_s: seconds between two looks.
    """

    def __init__(self, address: str, look_s: float = _LOOK_S) -> None:
        super().__init__("final checkpoint", look_s)
        self._rest = FlinkRest(address, timeout_s=_PATIENCE_S)
        self._seen = self._asked = 0
        self._failed, self._pause, self._left = 0, _FIRST_PAUSE, 0

    def look(self) -> bool:
        """Ask for the checkpoint, where tasks wait for it."""
        # The API starts after this thread and ends before it.
        with suppress(JobError):
            self._ask()
        return True

    def _ask(self) -> None:
        for job in self._rest.get("/jobs/overview")["jobs"]:
            seen, self._seen = self._seen, job["tasks"]["finished"]
            checkpoints = self._rest.get(f"/jobs/{job['jid']}/checkpoints")
            # A task may work for long after another ended: ask once each time that one more has ended.
            is_waiting = 0 < seen == self._seen < job["tasks"]["total"] and self._asked != seen
            if (is_waiting or self._is_due_again(checkpoints)) and not checkpoints["counts"]["in_progress"]:
                self._rest.post(f"/jobs/{job['jid']}/checkpoints", {})
                self._asked = seen

    def _is_due_again(self, checkpoints: Mapping[str, Any]) -> bool:
        """Return whether the last checkpoint failed some looks ago."""
        last = {kind: (checkpoints["latest"][kind] or {"id": 0})["id"] for kind in ("failed", "completed")}
        if last["failed"] <= last["completed"]:
            self._pause = _FIRST_PAUSE
            return False
        if last["failed"] != self._failed:
            self._failed, self._left = last["failed"], self._pause
            self._pause *= 2
        self._left -= 1
        return self._left == 0
