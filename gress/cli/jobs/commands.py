"""`gress jobs`: those that come with the package; a folder for a new one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

if TYPE_CHECKING:
    from gress.new_job.event_parts import Ask

jobs_app = typer.Typer(no_args_is_help=True, help="The jobs that come with the package; a new one of your own.")
_SHOWN = 5
_NEXT = "next: cd {}, then see README.md"


@jobs_app.command("list")
def list_command() -> None:
    """List the jobs, and where their settings are."""
    from gress.cli.console import print_table
    from jobs.catalogue import JOBS, default_config

    rows = [(name, entry.title, str(default_config(name))) for name, entry in JOBS.items()]
    print_table("", ("job", "what it does", "settings"), rows)


@jobs_app.command("new")
def new_command(  # noqa: PLR0913, PLR0917 - one argument for each option
    name: Annotated[str, typer.Argument(help="Name of the job and of its model, such as returns.")],
    sample: Annotated[
        str,
        typer.Option("--sample", help="File of events: .jsonl, .csv (both also .gz) or .parquet.", show_default=False),
    ] = "",
    fields: Annotated[
        list[str] | None,
        typer.Option("--field", help="A field as NAME:TYPE; may be repeated. With --sample: another type for it."),
    ] = None,
    id: Annotated[  # noqa: A002 - the option's name
        str, typer.Option("--id", help="Field that tells events apart; default: id.", show_default=False)
    ] = "",
    key: Annotated[
        str,
        typer.Option("--key", help="Field that related events share; default: key, or the id.", show_default=False),
    ] = "",
    time: Annotated[
        str, typer.Option("--time", help="Field of the event time; default: the only time.", show_default=False)
    ] = "",
    label: Annotated[
        str, typer.Option("--label", help="Field of the truth to predict; default: label.", show_default=False)
    ] = "",
    like: Annotated[
        str,
        typer.Option("--like", help="Begin as a copy of this job, with its model and events.", show_default=False),
    ] = "",
    output: Annotated[
        Optional[Path],  # noqa: UP045 - typer reads it at run time, on Python 3.10 too
        typer.Option("--output", help="New folder; default: NAME."),
    ] = None,
) -> None:
    """Write the folder of a new job, which runs as it is.

    It holds settings with comments, a sample of events, a model that is fitted on it, a test and a README. Fields are
    read from --sample; without one they are named, and events are made up. On a terminal, what is missing is asked for.
    --like takes all of that from a job of `gress jobs list` instead.
    """
    import datetime as dt

    from gress.cli.console import print_line
    from gress.new_job.copy_job import copy_job
    from gress.new_job.new_job import NewJob, make_job

    parts = {"id": id, "key": key, "time": time, "label": label}
    wanted = NewJob(name, output or Path(name), sample, fields or (), parts)
    if like:
        print_line(f"{wanted.output}: {copy_job(wanted, like):,} events, and the settings and models of {like}")
        print_line(_NEXT.format(wanted.output))
        return
    made = make_job(wanted, dt.datetime.now(dt.timezone.utc), _asker())
    print_line(f"{made.path}: {made.events:,} events, a model with {made.fitted.text}")
    if made.left_out:
        print_line(f"left out, as a run would not read them: {made.left_out:,}; the first: {made.problem}")
    if made.left_out_fields:
        names = ", ".join(map(repr, made.left_out_fields[:_SHOWN]))
        more = ", ..." if len(made.left_out_fields) > _SHOWN else ""
        print_line(f"left out, as they hold no values, or not numbers, texts or booleans alone: {names}{more}")
    print_line(_NEXT.format(made.path))


def _asker() -> Ask | None:
    """Return a function that asks on the terminal; None: there is none."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return None
    return lambda question, usual: str(typer.prompt(question, default=usual or None))
