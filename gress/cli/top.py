"""`gress top`: a running job, live."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from gress.cli.panels import WATCH
from jobs.errors import fail, refuse


def mount(app: typer.Typer) -> None:
    """Add the command of this file to an application."""
    app.command("top", rich_help_panel=WATCH)(top_command)


def top_command(
    endpoints: Annotated[
        list[str], typer.Argument(metavar="HOST:PORT", help="Metrics of workers (ml.metrics.port), one a host.")
    ],
    cluster: Annotated[
        Optional[str],  # noqa: UP045 - typer reads it at run time, on Python 3.10 too
        typer.Option("--cluster", help="HOST:PORT of Flink's REST API: state, checkpoints, back pressure of jobs."),
    ] = None,
    job: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--job", help="Id or name on the cluster; default: all that run or failed."),
    ] = None,
    interval: Annotated[
        str,
        typer.Option(
            "--interval",
            help="Between two looks, as 500ms or 5s; default: 1s, and 5s for one look, as workers hand over what they "
            "counted about once a second.",
            show_default=False,
        ),
    ] = "",
    is_once: Annotated[
        bool, typer.Option("--once", help="Print the figures of one interval as text, and end.")
    ] = False,
    is_json: Annotated[bool, typer.Option("--json", help="As --once, one JSON document.")] = False,
) -> None:
    """Show a running job live: speed, latency, versions, drift.

    It shows fallbacks and dead letters too, and ends with Ctrl-C.
    """
    try:
        from gress.metrics.scrape import parse_endpoint
        from gress.top.screen import show_always, show_once
        from gress.top.watch import Targets

        if job is not None and cluster is None:
            refuse("--job", "--cluster HOST:PORT beside it", "none")
        # A host that is named twice would count twice.
        named = tuple(dict.fromkeys(map(parse_endpoint, endpoints)))
        is_single = is_once or is_json
        targets = Targets(named, cluster or "", job, _interval_s(interval or ("5s" if is_single else "1s")))
        if is_single:
            show_once(targets, is_json=is_json)
        else:
            show_always(targets)
    except KeyboardInterrupt:
        # The way to end it.
        return


def _interval_s(text: str) -> float:
    from conf.types.durations import parse_duration_ms

    subject = "--interval"
    try:
        ms = parse_duration_ms(text)
    except ValueError as error:
        fail(subject, str(error))
    if ms < 100:
        refuse(subject, "100ms or more", repr(text))
    return ms / 1000
