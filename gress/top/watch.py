"""Repeated requests to all endpoints of a job and to the cluster, made at the same time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType

from gress.health.examine import Health, examine
from gress.metrics.scrape import Scrape, scrape
from gress.top.figures import MINUTE_S, Figures, figures
from gress.top.rates import History
from jobs.errors import refuse

_TIMEOUT_S = 2.0


@dataclass(frozen=True)
class Targets:
    """Addresses to ask, and the interval.

    Attributes:
        endpoints: HOST:PORT of the workers' metrics, one a host.
        cluster: HOST:PORT of Flink's REST API; "": ask no cluster.
        job: id or name of the job on the cluster; None: all jobs that run or failed.
        interval_s: seconds between two requests.
    """

    endpoints: tuple[str, ...]
    cluster: str = ""
    job: str | None = None
    interval_s: float = 1.0


class Watch:
    """A watch that asks all targets at once and keeps the history of their counts.

    Args:
        targets: addresses to ask, and the interval.
        clock: function that returns monotonic seconds.
    """

    def __init__(self, targets: Targets, clock: Callable[[], float] = time.monotonic) -> None:
        self.targets = targets
        self._clock = clock
        self._history = History(max(MINUTE_S, 3 * targets.interval_s))
        self._pool = ThreadPoolExecutor(len(targets.endpoints) + 1, thread_name_prefix="top")

    def __enter__(self) -> Watch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def look(self) -> Figures:
        """Return the current figures; rates are known from the second call on."""
        tick_s = self._clock()
        health = self._pool.submit(self._health)
        scrapes = list(self._pool.map(self._scrape, self.targets.endpoints))
        self._history.add(tick_s, scrapes)
        return figures(self._history, scrapes, health.result())

    def _scrape(self, endpoint: str) -> Scrape:
        return scrape(endpoint, timeout_s=_TIMEOUT_S, clock=self._clock)

    def _health(self) -> Health | None:
        if not self.targets.cluster:
            return None
        return examine(self.targets.cluster, self.targets.job, timeout_s=_TIMEOUT_S)


def require_answer(found: Figures) -> None:
    """Refuse figures without any answer.

    Raises:
        JobError: no endpoint answers.
    """
    if all(each.problem for each in found.endpoints):
        problems: Sequence[str] = list(dict.fromkeys(each.problem for each in found.endpoints))
        refuse(
            "metrics of " + ", ".join(each.endpoint for each in found.endpoints),
            "an endpoint that answers",
            "; ".join(problems),
            "run the job with --set ml.metrics.port=PORT, or: gress metrics serve --port PORT",
        )
