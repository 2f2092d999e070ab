"""`gress autoscale`: the parallelism of a running job, kept at what its load needs."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from gress.cli.cluster import Cluster, cluster_address
from gress.cli.flags.autoscale_flags import (
    Band,
    Bind,
    CatchUp,
    DryRun,
    Fewest,
    Interval,
    Log,
    MetricsPort,
    Most,
    Rescales,
    Stable,
    Utilization,
)
from gress.cli.flags.shared_flags import Json
from gress.cli.panels import CLUSTERS
from jobs.errors import fail, refuse

if TYPE_CHECKING:
    from gress.autoscale.decision import Decision
    from gress.autoscale.exposition import DecisionMetrics

# Of the states that a job ends in, the one that is nobody's wish.
_FAILED = "FAILED"


def mount(app: typer.Typer) -> None:
    """Add the command of this file to an application."""
    app.command("autoscale", rich_help_panel=CLUSTERS)(autoscale_command)


def autoscale_command(  # noqa: PLR0913, PLR0917 - one argument for each option
    job: Annotated[str, typer.Argument(help="Id of a job, or its name while it runs.")],
    cluster: Cluster = None,
    fewest: Fewest = 1,
    most: Most = None,
    utilization: Utilization = 0.7,
    band: Band = 0.2,
    interval: Interval = "5s",
    catch_up: CatchUp = "2m",
    stable: Stable = "5m",
    rescales: Rescales = 3,
    is_dry: DryRun = False,
    port: MetricsPort = None,
    host: Bind = "127.0.0.1",
    log: Log = None,
    is_json: Json = False,
) -> None:
    """Give a running job as many tasks as its load needs.

    The cluster must have Flink's adaptive scheduler: `gress cluster up --adaptive`. Each change is a line with its
    reason, on standard output; it ends with the job or with Ctrl-C. The exit code is 2 where the job failed.
    """
    from gress.autoscale.exposition import DecisionMetrics
    from gress.autoscale.log import DecisionLog
    from gress.autoscale.loop import Surroundings, autoscale
    from gress.autoscale.policy import Policy
    from jobs.flink.rest import FlinkRest

    catch_up_s, stable_s = _seconds("--catch-up", catch_up), _seconds("--stable", stable)
    policy = Policy(fewest, most, utilization, band, catch_up_s, stable_s=stable_s, rescales_an_hour=rescales)
    pause_s = _seconds("--interval", interval)
    rest = FlinkRest(cluster_address(cluster))
    found = rest.job(job)
    metrics = DecisionMetrics(found.name, is_dry=is_dry)
    with _served(metrics, host, port), _opened(log) as file, suppress(KeyboardInterrupt):
        take = _both(metrics.note, DecisionLog(sys.stdout, file, is_json=is_json).note)
        around = Surroundings(take, time.monotonic, lambda: threading.Event().wait(pause_s))
        state = autoscale(rest, found.id, policy, around, is_dry=is_dry)
        if state == _FAILED:
            refuse(f"job {found.id}", "it to end FINISHED or CANCELED", state, f"gress health --cluster {rest.address}")
        sys.stderr.write(f"job {found.id}: {state}\n")


@contextmanager
def _served(metrics: DecisionMetrics, host: str, port: int | None) -> Iterator[None]:
    """Answer Prometheus at a port while the block runs; None: nobody asks."""
    from gress.autoscale.exposition import metrics_server

    if port is None:
        yield
        return
    with metrics_server(metrics, host, port) as server:
        threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
        sys.stderr.write(f"http://{host}:{server.server_port}/metrics\n")
        try:
            yield
        finally:
            server.shutdown()


def _both(*takers: Callable[[Decision], None]) -> Callable[[Decision], None]:
    def take(decision: Decision) -> None:
        for each in takers:
            each(decision)

    return take


def _opened(log: Path | None) -> AbstractContextManager[TextIO | None]:
    if log is None:
        return nullcontext()
    try:
        return log.open("a", encoding="utf-8")
    except OSError as error:
        refuse(f"--log {log}", "a file that can be written", (error.strerror or str(error)).lower(), "name another")


def _seconds(option: str, text: str) -> float:
    from conf.types.durations import parse_duration_ms

    try:
        ms = parse_duration_ms(text)
    except ValueError as error:
        fail(option, str(error))
    if ms < 100:
        fail(option, f"expected 100ms or more, got {text!r}")
    return ms / 1000
