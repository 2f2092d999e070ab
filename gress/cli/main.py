"""The `gress` command."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn, Optional

import typer

from conf.errors import ConfigError
from conf.types.printable import one_line, printable
from gress.cli.cluster import mount as mount_cluster
from gress.cli.clusters.autoscale import mount as mount_autoscale
from gress.cli.deploy.commands import mount as mount_deploy
from gress.cli.experiments.commands import experiments_app
from gress.cli.experiments.power import mount as mount_power
from gress.cli.experiments.replay import mount as mount_replay
from gress.cli.experiments.report import mount as mount_experiment_report
from gress.cli.features.commands import features_app
from gress.cli.flags.job_flags import Config, Input, JobName, Overwrite
from gress.cli.flags.session_flags import FlinkConf
from gress.cli.flags.shared_flags import Set
from gress.cli.jobs.commands import jobs_app
from gress.cli.kafka import dev_app, jars_app
from gress.cli.learn.commands import learn_app
from gress.cli.metrics import metrics_app
from gress.cli.models.commands import models_app
from gress.cli.panels import CLUSTERS, FEATURES, MODELS, RUN, WATCH, PanelGroup
from gress.cli.report import mount as mount_report
from gress.cli.run_request import run_request
from gress.cli.sql.command import mount as mount_sql
from gress.cli.sql.tools import mount as mount_sql_tools
from gress.cli.state import mount as mount_state
from gress.cli.top import mount as mount_top
from jobs.errors import JobError
from jobs.flink.jvm.process import jvm_problem

if TYPE_CHECKING:
    from jobs.runs.endless import StopResult

# An error quotes a value, which may be of any length, and ends with the expected form.
_MOST_AT_AN_END = 1_000

app = typer.Typer(
    cls=PanelGroup,
    no_args_is_help=True,
    add_completion=False,
    # A traceback must not show the environment and settings that functions hold.
    pretty_exceptions_show_locals=False,
    help="Machine learning on live streams, on Apache Flink.",
    epilog="To begin: gress run fraud-detection --output out, then gress report out.",
)
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
config_app = typer.Typer(no_args_is_help=True, help="Settings: check a file, show what is in effect.")
app.add_typer(jobs_app, name="jobs", rich_help_panel=RUN)
app.add_typer(config_app, name="config", rich_help_panel=RUN)
app.add_typer(models_app, name="models", rich_help_panel=MODELS)
app.add_typer(experiments_app, name="experiments", rich_help_panel=MODELS)
app.add_typer(learn_app, name="learn", rich_help_panel=MODELS)
app.add_typer(features_app, name="features", rich_help_panel=FEATURES)
app.add_typer(metrics_app, name="metrics", rich_help_panel=WATCH)
app.add_typer(jars_app, name="jars", rich_help_panel=CLUSTERS)
app.add_typer(dev_app, name="dev", rich_help_panel=CLUSTERS)
mount_power(experiments_app)
mount_replay(experiments_app)
mount_experiment_report(experiments_app)
mount_cluster(app)
mount_autoscale(app)
mount_state(app)
mount_deploy(app)
mount_report(app)
mount_top(app)

Profile = Annotated[
    Optional[str], typer.Option("--profile", help="throughput (batches) or latency (single rows).")  # noqa: UP045
]


def _print_version(is_wanted: bool) -> None:
    if is_wanted:
        from gress import __version__

        sys.stdout.write(f"gress-ml {__version__}\n")
        raise typer.Exit


@app.callback()
def _main(
    is_version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Machine learning on live streams, on Apache Flink."""


def main() -> None:
    """Run the command; a user's mistake is reported in one line, with exit code 2."""
    try:
        app(standalone_mode=True)
    except _refusals() as error:
        _fail(str(error), 2)
    except OSError as error:
        if error.errno in _NO_ROOM:
            _fail(f"{error.filename or 'a file'}: cannot be written: {os.strerror(error.errno)}; make room there", 1)
        if error.errno == errno.ENAMETOOLONG:
            _fail(f"{one_line(str(error.filename))}: expected a path that this system can hold, got a longer one", 2)
        raise
    except Exception as error:
        if lost := jvm_problem(error):
            _fail(str(lost), 1)
        raise


@app.command("run", rich_help_panel=RUN)
def run_job(
    job: JobName,
    input: Input = None,  # noqa: A002 - the option's name
    output: Annotated[Path, typer.Option("--output", help="New folder for everything the run writes.")] = Path("out"),
    config: Config = None,
    overrides: Set = None,
    profile: Profile = None,
    output_format: Annotated[str, typer.Option("--format", help="json (Lines) or parquet.")] = "json",
    flink_conf: FlinkConf = None,
    overwrite: Overwrite = False,
    savepoint: Annotated[
        Optional[str],  # noqa: UP045 - typer reads it at run time, on Python 3.10 too
        typer.Option("--from-savepoint", help="Savepoint or checkpoint to go on from, with a new --output."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the newest state in --output, and add to its rows.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Print the seconds of each stage of the start, up to the first row.")
    ] = False,
) -> None:
    """Run a job on this machine.

    A job that reads files ends with them; one that reads Kafka runs until Ctrl-C, which stops it with a savepoint.
    With job.sink.kafka rows go to its topics, and --output holds checkpoints, savepoints and the summary.
    With job.sink.print=true they are printed, too.
    """
    from gress.cli.console import LiveLine, print_line, print_summary
    from jobs.runs.endless import StopResult
    from jobs.runs.launch import run
    from jobs.runs.watches.stages import Stages, process_age_s

    request = run_request(
        job,
        output,
        input,
        config,
        overrides,
        profile,
        output_format=output_format,
        flink_conf=flink_conf,
        is_overwriting=overwrite,
        savepoint=savepoint,
        is_resuming=resume,
    )
    with LiveLine() as line:
        summary = run(request, line.show, Stages(line.tell, process_age_s()) if verbose else None)
    if isinstance(summary, StopResult):
        _print_stop(summary, output)
        return
    if not summary.events and summary.adds_up:
        print_line(f"{summary.job}: the input has no events, so there is nothing to score; {output} holds the summary")
        return
    print_summary(summary, output)
    if not summary.adds_up:
        _fail(
            f"job {job!r}: expected {summary.events} predictions and dead letters together, got "
            f"{summary.predictions} and {summary.dead_letters}; do not use {output}",
            1,
        )


def _print_stop(stopped: StopResult, output: Path) -> None:
    """Print how a stream was stopped; the exit code is 1 where a run with a summary left no savepoint."""
    from gress.cli.console import print_line, print_summary

    if stopped.summary is not None:
        print_summary(stopped.summary, output, events="rows")
    where = f"its state is in {stopped.savepoint}; go on with --resume"
    print_line(f"stopped; {where if stopped.savepoint else 'without a savepoint'}")
    if stopped.savepoint is None and stopped.summary is not None:
        raise typer.Exit(1)


@config_app.command("check")
def check_config(
    file: Annotated[Path, typer.Argument(help="YAML file.")],
    overrides: Set = None,
    is_without_model: Annotated[
        bool, typer.Option("--no-model", help="Leave out the models, which may not exist yet.")
    ] = False,
) -> None:
    """Refuse what a run would refuse; show what is in effect.

    The settings go to standard output, and the verdict on them to the other one. Every problem is a line of its own:
    settings, features, models, missing parts. Secrets are masked.
    """
    from conf.loading.render import render_yaml
    from gress.cli.console import print_line
    from gress.config_check import check_settings

    settings, problems = check_settings(file, overrides or (), needs_model=not is_without_model)
    if settings is None or problems:
        _fail("\n".join(map(str, problems)), 2)
    print_line(render_yaml(settings).rstrip())
    typer.echo(f"{file}: a run would start with these settings" if settings.job else f"{file}: no mistake", err=True)


@app.command("doctor", rich_help_panel=RUN)
def doctor(config: Config = None, overrides: Set = None) -> None:
    """Check that this machine has all that jobs need.

    The exit code is 1 where anything is missing; the table says how to get it. With --config, what these settings ask
    for must be there, too: TFLite, a GPU, Kafka's connector, free ports.
    """
    from importlib import import_module

    from conf.loading.loader import load_settings
    from gress.cli.console import print_table
    from gress.doctor import diagnose
    from gress.doctor_options import diagnose_options

    settings = load_settings(config, overrides=overrides or (), environ=os.environ)
    findings = [*diagnose(), *diagnose_options(settings, import_module)]
    print_table(
        "",
        ("check", "", "found", "what to do"),
        [(f.name, "ok" if f.ok else "MISSING", f.found, f.fix) for f in findings],
    )
    raise typer.Exit(0 if all(finding.ok for finding in findings) else 1)


def _refusals() -> tuple[type[Exception], ...]:
    from models.errors import ModelError
    from state.feature_store.errors import StoreError
    from udfs.feature_store.errors import StoreSettingError
    from udfs.features.errors import FeatureError

    return (ConfigError, FeatureError, JobError, ModelError, StoreError, StoreSettingError)


def _fail(text: str, code: Literal[1, 2]) -> NoReturn:
    for line in text.split("\n"):
        is_long = len(line) > 2 * _MOST_AT_AN_END
        shown = f"{line[:_MOST_AT_AN_END]}...{line[-_MOST_AT_AN_END:]}" if is_long else line
        sys.stderr.write(printable(shown) + "\n")
    raise SystemExit(code)


# Behind `run`, which the help shows first.
mount_sql(app)
mount_sql_tools(app)

if __name__ == "__main__":
    main()
