"""`gress metrics`: the endpoint of a host as a process of its own, and what there is to see there."""

from __future__ import annotations

import errno
import signal
import socket
import sys
import threading
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from gress.cli.flags.shared_flags import Json
from jobs.errors import refuse

if TYPE_CHECKING:
    from conf.settings import MetricsSettings
    from udfs.metrics.exporter import MetricsServer

metrics_app = typer.Typer(no_args_is_help=True, help="Metrics of the workers: list them, serve them.")

_LOOK_S = 0.2


@metrics_app.command("list")
def list_command(
    is_json: Json = False,
) -> None:
    """List every metric: labels, meaning, what to do when it moves."""
    from gress.cli.console import print_json, print_table
    from udfs.metrics.catalogue import METRICS, PREFIX

    if not is_json:
        rows = [
            (PREFIX + name, each.kind, ", ".join(each.labels), each.text, each.advice) for name, each in METRICS.items()
        ]
        print_table("", ("name", "kind", "labels", "text", "advice"), rows)
        return
    found = [
        {
            "name": PREFIX + name,
            "kind": each.kind,
            "labels": each.labels,
            "text": each.text,
            "advice": each.advice,
            "buckets": each.buckets if each.kind == "histogram" else None,
            "merge": each.merge if each.kind == "gauge" else None,
        }
        for name, each in METRICS.items()
    ]
    print_json({"metrics": found})


@metrics_app.command("serve")
def serve_command(
    port: Annotated[int, typer.Option("--port", min=1, max=65_535, help="That of the workers: ml.metrics.port.")],
    folder: Annotated[
        Optional[str],  # noqa: UP045 - typer reads it at run time, on Python 3.10 too
        typer.Option("--folder", help="That of the workers: ml.metrics.folder; default: as theirs, by user and port."),
    ] = None,
    bind: Annotated[str, typer.Option("--bind", help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Serve the metrics of this host's workers until stopped.

    It serves them between jobs and after them too.
    While a worker has the port this process waits, and takes over when the worker ends; while it has the port itself,
    workers wait.
    """
    from conf.loading.loader import settings_from
    from udfs.metrics.exporter import MetricsServer, metrics_folder

    given = {"port": port, "bind": bind, **({} if folder is None else {"folder": folder})}
    settings = settings_from({"ml": {"metrics": given}}, origin="gress metrics serve").ml.metrics
    end = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: end.set())
    _check_address(settings)
    where = metrics_folder(settings)
    try:
        # The workers' collector refuses a folder that is not there, and there may have been no worker yet.
        where.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        refuse(f"folder {where}", "one that can be made", error.strerror, "give another: --folder")
    server = MetricsServer(settings)
    server.start()
    try:
        _tell(server, settings, str(where), end)
    finally:
        server.stop()


def _tell(server: MetricsServer, settings: MetricsSettings, folder: str, end: threading.Event) -> None:
    """Say on standard error who has the port, whenever that changes."""
    was_serving: bool | None = None
    while not end.wait(_LOOK_S):
        is_serving = server.is_serving
        if is_serving in (None, was_serving):
            continue
        was_serving = is_serving
        if was_serving:
            sys.stderr.write(f"http://{settings.bind}:{settings.port}/metrics serves {folder}\n")
        else:
            sys.stderr.write(f"port {settings.port}: another process has it; waiting for its end\n")


def _check_address(settings: MetricsSettings) -> None:
    """Refuse what no waiting mends; a port that is taken is waited for."""
    where = (settings.bind, settings.port)
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            refuse(
                f"{settings.bind}:{settings.port}",
                "an address of this machine and a port that may be used",
                error.strerror,
                "change --bind or --port",
            )
