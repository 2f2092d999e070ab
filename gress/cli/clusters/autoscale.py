"""`gress autoscale`: the parallelism of a running job, kept at what its load needs."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional, TextIO

import typer

from gress.cli.cluster import cluster_address
from gress.cli.flags.shared_flags import Json
from gress.cli.panels import CLUSTERS
from jobs.errors import fail, refuse

if TYPE_CHECKING:
    from gress.autoscale.decision import Decision


def mount(app: typer.Typer) -> None:
    """Add the command of this file to an application."""
    app.command("autoscale", rich_help_panel=CLUSTERS)(autoscale_command)


def autoscale_command(  # noqa: PLR0913, PLR0917 - one argument for each option
    job: Annotated[str, typer.Argument(help="Id of a job, or its name while it runs.")],
    cluster: Annotated[
        Optional[str],  # noqa: UP045 - typer reads it at run time, on Python 3.10 too
        typer.Option("--cluster", help="HOST:PORT of Flink's REST API; default: the cluster in ./gress-cluster."),
    ] = None,
    fewest: Annotated[int, typer.Option("--min", help="Least parallelism.")] = 1,
    most: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--max", help="Greatest parallelism; default: as many as there are slots."),
    ] = None,
    utilization: Annotated[
        float, typer.Option("--utilization", help="Share of the time that tasks should work.")
    ] = 0.7,
    band: Annotated[float, typer.Option("--band", help="How far from it nothing changes.")] = 0.2,
    interval: Annotated[str, typer.Option("--interval", help="Between two looks.")] = "5s",
    catch_up: Annotated[str, typer.Option("--catch-up", help="Time in which a backlog is to be gone.")] = "2m",
    stable: Annotated[str, typer.Option("--stable", help="How long the load is low before there are fewer.")] = "5m",
    rescales: Annotated[int, typer.Option("--rescales-an-hour", help="Most in any hour.")] = 3,
    is_dry: Annotated[bool, typer.Option("--dry-run", help="Decide and say so, and change nothing.")] = False,
    port: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--metrics", min=0, max=65_535, help="Answer GET /metrics on this port."),
    ] = None,
    host: Annotated[str, typer.Option("--bind", help="Address to serve metrics on.")] = "127.0.0.1",
    log: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--log", help="File that gets every decision as a JSON line."),
    ] = None,
    is_json: Json = False,
) -> None:
    """Give a running job as many tasks as its load needs.

    The cluster must have Flink's adaptive scheduler: `gress cluster up --adaptive`. Each change is a line with its
    reason, on standard output; it ends with the job or with Ctrl-C.
    """
    from gress.autoscale.exposition import DecisionMetrics, metrics_server
    from gress.autoscale.log import DecisionLog
    from gress.autoscale.loop import Surroundings, autoscale
    from gress.autoscale.policy import Policy
    from jobs.flink.rest import FlinkRest

    policy = Policy(
        fewest=fewest,
        most=most,
        utilization=utilization,
        band=band,
        catch_up_s=_seconds("--catch-up", catch_up),
        stable_s=_seconds("--stable", stable),
        rescales_an_hour=rescales,
    )
    pause_s = _seconds("--interval", interval)
    rest = FlinkRest(cluster_address(cluster))
    found = rest.job(job)
    metrics = DecisionMetrics(found.name, is_dry=is_dry)
    with ExitStack() as stack:
        if port is not None:
            server = stack.enter_context(metrics_server(metrics, host, port))
            threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
            stack.callback(server.shutdown)
            sys.stderr.write(f"http://{host}:{server.server_port}/metrics\n")
        file = None if log is None else stack.enter_context(_opened(log))
        lines = DecisionLog(sys.stdout, file, is_json=is_json)
        around = Surroundings(_both(metrics.note, lines.note), time.monotonic, lambda: threading.Event().wait(pause_s))
        with suppress(KeyboardInterrupt):
            state = autoscale(rest, found.id, policy, around, is_dry=is_dry)
            sys.stderr.write(f"job {found.id}: {state}\n")


def _both(*takers: Callable[[Decision], None]) -> Callable[[Decision], None]:
    def take(decision: Decision) -> None:
        for each in takers:
            each(decision)

    return take


def _opened(log: Path) -> TextIO:
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
