"""`gress report`: a finished run as a page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from gress.cli.panels import WATCH


def mount(app: typer.Typer) -> None:
    """Add the command of this file to an application."""
    app.command("report", rich_help_panel=WATCH)(report_command)


def report_command(
    run: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a finished run.")],
    output: Annotated[
        Optional[Path],  # noqa: UP045 - typer reads it at run time, on Python 3.10 too
        typer.Option("--output", help="HTML file; default: DIR/report.html."),
    ] = None,
    title: Annotated[str, typer.Option("--title", help="Heading; default: the job's name.", show_default=False)] = "",
) -> None:
    """Write an HTML page about a finished run.

    It holds figures, plots and tables, and needs no network and no other file.
    """
    from gress.cli.console import print_line
    from gress.report.page import write_report

    target = output or run / "report.html"
    write_report(run, target, title)
    print_line(str(target))
