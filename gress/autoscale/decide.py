"""Decisions about a job's parallelism: more at once, fewer after a while, and never often.

Rules:

- More: as soon as a vertex needs more of its time than the band allows, as long as a measurement takes.
- Fewer: where the load has been low for a stable window and no longer falls, by the largest need in it, and only if
  slots become free.
- A budget of rescales for each hour. Fewer tasks need two in it, so that one is left for more; the last one goes to
  the bound, because nothing may follow it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from gress.autoscale.decision import Action, Cause, Decision
from gress.autoscale.fit import NEAR, largest
from gress.autoscale.graph import Look
from gress.autoscale.needs import Needs, bound, highest, needs_between, peak, tied
from gress.autoscale.policy import Policy

_HOUR_S = 3_600.0
_RUNNING = "RUNNING"


class Autoscaler:
    """The memory of one job's looks and rescales.

    Args:
        policy: bounds and times.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._looks: deque[Look] = deque()
        self._needs: deque[tuple[float, Needs]] = deque()
        self._rescales: deque[float] = deque()
        self._attempt: int | None = None
        self._since_s = 0.0
        self._known_s = 0.0
        self._asked_s: float | None = None
        self._more_since_s: float | None = None

    def rescaled(self, at_s: float) -> None:
        """Note that Flink was asked to rescale."""
        self._rescales.append(at_s)
        self._asked_s = at_s

    def decide(self, look: Look) -> Decision:
        """Return what to do after a look; the caller does it, and notes it with ``rescaled``."""
        if (waiting := self._not_now(look)) is not None:
            return _hold(look, *waiting)
        needs = self._measure(look)
        if needs is None:
            return _hold(look, "measuring", "two looks with new counts must come first")
        if not self._needs:
            self._known_s = look.at_s
        self._needs.append((look.at_s, needs))
        while self._needs[0][0] < look.at_s - self._policy.stable_s:
            self._needs.popleft()
        return self._more(look, needs) or self._fewer(look, needs) or _hold(look, "calm", needs.why(), needs)

    def _not_now(self, look: Look) -> tuple[Cause, str] | None:
        """Return why this look cannot be used; forget the looks before a restart of the tasks."""
        if look.state != _RUNNING or not look.is_whole:
            self._attempt = None
            return "starting", f"the job is {look.state}" if look.state != _RUNNING else "tasks are starting"
        if look.attempt != self._attempt:
            self._attempt, self._since_s, self._asked_s, self._more_since_s = look.attempt, look.at_s, None, None
            self._looks.clear()
            self._needs.clear()
        if self._asked_s is not None and look.at_s - self._asked_s < self._policy.patience_s:
            return "asked", "Flink was asked to rescale, and has not yet"
        if look.at_s - self._since_s < self._policy.settle_s:
            return "starting", f"tasks started {look.at_s - self._since_s:.0f} s ago"
        return None

    def _measure(self, look: Look) -> Needs | None:
        self._looks.append(look)
        while len(self._looks) > 1 and self._looks[1].at_s <= look.at_s - self._policy.measure_s:
            self._looks.popleft()
        if self._looks[0].at_s > look.at_s - self._policy.measure_s:
            return None
        return needs_between(self._looks[0], look, self._policy)

    def _more(self, look: Look, needs: Needs) -> Decision | None:
        if needs.worst.utilization <= self._policy.utilization + self._policy.band:
            self._more_since_s = None
            return None
        if self._more_since_s is None:
            self._more_since_s = look.at_s
        wanted = {vertex: max(tasks, needs.wanted[vertex]) for vertex, tasks in look.parallelism.items()}
        left, reason = self._left(look.at_s), needs.why()
        if wanted == look.parallelism:
            return _hold(look, "bound", f"{reason}, but there are no more slots, partitions or key groups", needs)
        # By then nothing of the time before the load grew is in the rates.
        if look.at_s - self._more_since_s < self._policy.measure_s:
            return _hold(look, "confirm", f"{reason}; later looks must say so, too", needs)
        if not left:
            return _hold(look, "budget", f"{reason}, but an hour has {self._policy.rescales_an_hour} rescales", needs)
        if left == 1 and self._policy.rescales_an_hour > 1:
            wanted, reason = self._as_far(look, wanted), f"{reason}; as far as it goes, as no rescale is left this hour"
        return _change("up", look, wanted, reason, needs)

    def _as_far(self, look: Look, wanted: Mapping[str, int]) -> dict[str, int]:
        """Return the most tasks of each vertex that gets more."""
        now = look.parallelism
        top = {vertex: bound(look, look.vertices[vertex], self._policy)[1] for vertex in wanted}
        far = {vertex: max(top[vertex], tasks) if tasks > now[vertex] else tasks for vertex, tasks in wanted.items()}
        return tied(far, look, self._policy)

    def _fewer(self, look: Look, needs: Needs) -> Decision | None:
        if look.at_s - self._known_s < self._policy.stable_s:
            return None
        now, window = look.parallelism, [each for _, each in self._needs]
        later = [each for at_s, each in self._needs if at_s > look.at_s - self._policy.stable_s / 2]
        most = peak(window)
        if largest(most.values()) > NEAR * largest(peak(later).values()):
            # The need still falls: with a rescale now the next one would be due soon.
            return None
        wanted = {vertex: min(tasks, most[vertex]) for vertex, tasks in now.items()}
        slots = largest(now.values())
        load = highest(window, [vertex for vertex, tasks in now.items() if tasks == slots])
        if largest(wanted.values()) >= slots or load.utilization >= self._policy.utilization - self._policy.band:
            return None
        reason = f"{load.name!r} needed at most {load.utilization:.0%} of its time for {self._policy.stable_s:.0f} s"
        if self._left(look.at_s) < min(2, self._policy.rescales_an_hour):
            return _hold(look, "budget", f"{reason}, but the hour's last rescale is for more tasks", needs)
        return _change("down", look, wanted, reason, needs)

    def _left(self, at_s: float) -> int:
        while self._rescales and self._rescales[0] <= at_s - _HOUR_S:
            self._rescales.popleft()
        return max(0, self._policy.rescales_an_hour - len(self._rescales))


def _hold(look: Look, cause: Cause, reason: str, needs: Needs | None = None) -> Decision:
    return _decision("hold", cause, look, look.parallelism, reason, needs)


def _change(action: Action, look: Look, wanted: Mapping[str, int], reason: str, needs: Needs) -> Decision:
    return _decision(action, "load", look, wanted, reason, needs)


def _decision(
    action: Action, cause: Cause, look: Look, wanted: Mapping[str, int], reason: str, needs: Needs | None
) -> Decision:
    pending = None if needs is None else needs.pending
    loads = {} if needs is None else needs.loads
    return Decision(action, cause, reason, look.parallelism, dict(wanted), loads, pending)
