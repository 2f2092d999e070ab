"""`gress features verify`: features served by a run, beside those that training would see."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from gress.cli.flags.job_flags import Config, History, JobName
from gress.cli.flags.shared_flags import Json, Set

if TYPE_CHECKING:
    from gress.feature_store.verify_run import Verified


def mount(app: typer.Typer) -> None:
    """Add the command of this file to an application."""
    app.command("verify")(verify_command)


def verify_command(
    job: JobName,
    run: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the run.")],
    input: Annotated[  # noqa: A002 - the option's name
        Optional[str],  # noqa: UP045 - typer reads it at run time, on Python 3.10 too
        typer.Option("--input", help="Events of the run, to compute their features again, as `gress run` takes them."),
    ] = None,
    features: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--features", help="Parquet file of `gress features export`, instead of the events."),
    ] = None,
    config: Config = None,
    overrides: Set = None,
    history: History = None,
    is_json: Json = False,
) -> None:
    """Compare the features that a run served with those of training.

    All predictions are compared, bit by bit, in the precision of models; their run needs job.sink.features=true. The
    exit code is 1 where a feature differs, and where no prediction could be compared.
    """
    from conf.loading.loader import load_settings
    from gress.cli.console import LiveLine, print_json
    from gress.feature_store.history_option import history_files
    from gress.feature_store.verify_run import verify_exported, verify_replayed
    from jobs.catalogue import default_config, find_job
    from jobs.errors import refuse
    from jobs.runs.prepare import RunRequest

    if (features is None) == (input is None):
        refuse("gress features verify", "either --input or --features", "both" if features else "none of them")
    if features is not None and history:
        refuse("gress features verify", "--history with --input", "it with --features", "an export has its own")
    find_job(job)
    path = config or default_config(job)
    settings = load_settings(path, overrides=overrides or (), environ=os.environ)
    if settings.job is None:
        refuse(str(path), "a `job:` with events, features and inference", "none")
    if features is not None:
        done = verify_exported(run, settings.job, features)
    else:
        request = RunRequest(job, run, input=input or "", config=config, overrides=overrides or (), is_all=True)
        with LiveLine() as line:
            done = verify_replayed(run, settings.job, request, line.show, history_files(history or ()))
    if is_json:
        print_json({**asdict(done), "is_equal": done.is_equal})
    else:
        _print(done)
    if not done.is_equal:
        raise typer.Exit(1)


def _print(done: Verified) -> None:
    from gress.cli.console import print_line, print_table

    if done.skews:
        rows: list[tuple[Any, ...]] = [
            (each.feature, f"{each.rows:,}", str(each.event_id), f"{each.served:g}", f"{each.exported:g}")
            for each in done.skews
        ]
        print_table("features that differ", ("feature", "rows", "first event", "served", "exported"), rows)
    differ = "1 feature differs" if len(done.skews) == 1 else f"{len(done.skews)} features differ"
    print_line(f"{done.rows:,} predictions compared, {differ}")
    for number, what in (
        (done.unknown, "predictions of events that the export does not have"),
        (done.others, "predictions by another feature set"),
        (done.repeated, "predictions not compared, as several events have their id"),
    ):
        if number:
            print_line(f"{number:,} {what}")
