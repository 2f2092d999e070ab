"""`gress experiments report`: the experiments of a run as a page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer


def mount(app: typer.Typer) -> None:
    """Add the command of this file to an application."""
    app.command("report")(report_command)


def report_command(
    run: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a run; it may still go on.")],
    name: Annotated[str, typer.Option("--experiment", help="Name; default: all.", show_default=False)] = "",
    output: Annotated[
        Optional[Path],  # noqa: UP045 - typer reads it at run time, on Python 3.10 too
        typer.Option("--output", help="HTML file; default: DIR/experiments.html."),
    ] = None,
) -> None:
    """Write an HTML page about the experiments of a run.

    It holds verdicts, metrics over time and shadows, and needs no network and no other file.
    """
    from gress.cli.console import print_line
    from gress.experiments.page.page import write_experiments_page

    target = output or run / "experiments.html"
    write_experiments_page(run, target, name)
    print_line(str(target))
