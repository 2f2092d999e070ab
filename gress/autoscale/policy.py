"""Bounds and times of decisions about a job's parallelism."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.errors import refuse


@dataclass(frozen=True)
class Policy:
    """Policy of when to change the parallelism of a job, and how far.

    Attributes:
        fewest: least parallelism of a vertex.
        most: greatest parallelism of a vertex; None: as many as there are slots.
        utilization: share of the time that tasks should work.
        band: how far from it a vertex may be without a change.
        catch_up_s: seconds in which a backlog is to be gone.
        restart_s: seconds for which a rescale stops the job.
        measure_s: seconds over which rates are taken, and for which more must be wanted before the job gets more.
        stable_s: seconds for which the load must be low before the job gets less.
        settle_s: seconds after each start of the tasks that count for nothing.
        patience_s: seconds that Flink has for a rescale.
        rescales_an_hour: most rescales in any hour.
    """

    fewest: int = 1
    most: int | None = None
    utilization: float = 0.7
    band: float = 0.2
    catch_up_s: float = 120.0
    restart_s: float = 15.0
    measure_s: float = 10.0
    stable_s: float = 300.0
    settle_s: float = 20.0
    patience_s: float = 120.0
    rescales_an_hour: int = 3

    def __post_init__(self) -> None:
        """Refuse what no decision could keep."""
        if self.fewest < 1:
            refuse("--min", "1 or more", self.fewest)
        if self.most is not None and self.most < self.fewest:
            refuse("--max", f"{self.fewest} (--min) or more", self.most)
        if not 0 < self.utilization < 1:
            refuse("--utilization", "more than 0 and less than 1", self.utilization, "0.7 leaves room for peaks")
        if not 0 < self.band < min(self.utilization, 1 - self.utilization) + 1e-9:
            most = min(self.utilization, 1 - self.utilization)
            refuse("--band", f"more than 0 and at most {most:g}, as utilization is {self.utilization:g}", self.band)
        if self.rescales_an_hour < 1:
            refuse("--rescales-an-hour", "1 or more", self.rescales_an_hour, "--dry-run changes nothing")
