"""Options of `gress autoscale`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

Fewest = Annotated[int, typer.Option("--min", help="Least parallelism.")]
Most = Annotated[
    Optional[int],  # noqa: UP045 - typer reads it at run time, on Python 3.10 too
    typer.Option("--max", help="Greatest parallelism; default: as many as there are slots."),
]
Utilization = Annotated[float, typer.Option("--utilization", help="Share of the time that tasks should work.")]
Band = Annotated[float, typer.Option("--band", help="How far from it nothing changes.")]
Interval = Annotated[str, typer.Option("--interval", help="Between two looks.")]
CatchUp = Annotated[str, typer.Option("--catch-up", help="Time in which a backlog is to be gone.")]
Stable = Annotated[str, typer.Option("--stable", help="How long the load is low before there are fewer.")]
Rescales = Annotated[int, typer.Option("--rescales-an-hour", help="Most in any hour.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Decide and say so, and change nothing.")]
MetricsPort = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option("--metrics", min=0, max=65_535, help="Answer GET /metrics on this port."),
]
Bind = Annotated[str, typer.Option("--bind", help="Address to serve metrics on.")]
Log = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option("--log", help="File that gets every decision as a JSON line."),
]
