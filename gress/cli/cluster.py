"""`gress cluster`, `gress submit`, `gress savepoint`, `gress health`: jobs on a cluster."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Optional

import typer

from gress.cli.flags.shared_flags import Json, Set
from gress.cli.panels import CLUSTERS, WATCH
from jobs.errors import fail, refuse

cluster_app = typer.Typer(no_args_is_help=True, help="A Flink cluster on this machine: start it, stop it.")

Dir = Annotated[Path, typer.Option("--dir", help="Folder of the cluster: configuration, logs, checkpoints.")]
Cluster = Annotated[
    Optional[str],  # noqa: UP045 - typer reads it at run time, on Python 3.10 too
    typer.Option("--cluster", help="HOST:PORT of Flink's REST API; default: the cluster in ./gress-cluster."),
]
_DIR = Path("gress-cluster")


def mount(app: typer.Typer) -> None:
    """Add the commands of this file to an application."""
    app.add_typer(cluster_app, name="cluster", rich_help_panel=CLUSTERS)
    app.command("submit", rich_help_panel=CLUSTERS)(submit_command)
    app.command("savepoint", rich_help_panel=CLUSTERS)(savepoint_command)
    app.command("health", rich_help_panel=WATCH)(health_command)


@cluster_app.command("up")
def up_command(  # noqa: PLR0913, PLR0917 - one argument for each option
    directory: Dir = _DIR,
    slots: Annotated[int, typer.Option("--slots", min=1, help="Slots of each TaskManager.")] = 2,
    task_managers: Annotated[int, typer.Option("--taskmanagers", min=1, help="TaskManager processes.")] = 1,
    port: Annotated[int, typer.Option("--port", min=0, max=65_535, help="Of the REST API; 0: a free one.")] = 0,
    is_highly_available: Annotated[
        bool, typer.Option("--ha", help="ZooKeeper and two JobManagers: jobs survive the loss of one.")
    ] = False,
    is_adaptive: Annotated[
        bool, typer.Option("--adaptive", help="Jobs run with the slots there are, and `gress autoscale` rescales them.")
    ] = False,
    options: Annotated[
        list[str] | None, typer.Option("--option", help="A Flink option, as KEY=VALUE; may be repeated.")
    ] = None,
    metrics_ports: Annotated[
        str, typer.Option("--metrics-ports", help="For Flink's own metrics, one a process, as in 9250-9259.")
    ] = "",
    is_json: Json = False,
) -> None:
    """Start a cluster, what has died of one, or more TaskManagers.

    It returns when all slots are there.
    """
    from dataclasses import asdict

    from gress.cli.console import print_json, print_line
    from gress.cluster.conf import ADAPTIVE, ClusterRequest, parse_options
    from gress.cluster.local import start_cluster

    request = ClusterRequest(
        directory,
        slots,
        task_managers,
        port,
        is_highly_available,
        {**(ADAPTIVE if is_adaptive else {}), **parse_options(list(options or ()))},
        metrics_ports,
    )
    cluster = start_cluster(request)
    if is_json:
        print_json(asdict(cluster))
        return
    roles = [member.role for member in cluster.members]
    members = ", ".join(f"{roles.count(role)} {role}" for role in dict.fromkeys(roles))
    print_line(f"{cluster.address}: {cluster.slots} slots ({members}) in {cluster.directory}")


@cluster_app.command("down")
def down_command(directory: Dir = _DIR) -> None:
    """Stop all processes of a cluster; its checkpoints stay.

    That works for a cluster that crashed too; savepoints stay as well.
    """
    from gress.cli.console import print_line
    from gress.cluster.local import stop_cluster

    print_line(f"{stop_cluster(directory)} processes stopped; {directory} keeps logs, checkpoints and savepoints")


def submit_command(  # noqa: PLR0913, PLR0917 - one argument for each option
    job: Annotated[str, typer.Argument(help="Name of a job; `gress jobs list` shows them.")],
    cluster: Cluster = None,
    output: Annotated[str, typer.Option("--output", help="As for `gress run`; workers must see it.")] = "out",
    source: Annotated[Optional[str], typer.Option("--input", help="As for `gress run`.")] = None,  # noqa: UP045
    config: Annotated[Optional[Path], typer.Option("--config", help="YAML file of this machine.")] = None,  # noqa: UP045
    overrides: Set = None,
    output_format: Annotated[str, typer.Option("--format", help="json (Lines) or parquet.")] = "json",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what an earlier run wrote there.")] = False,
    savepoint: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--from-savepoint", help="Savepoint to start from; parallelism may be another."),
    ] = None,
    checkpoint: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--from-checkpoint", help="Start from a retained checkpoint: JOB_ID, latest, or its path."),
    ] = None,
    detached: Annotated[bool, typer.Option("--detached", help="Return as soon as the job runs.")] = False,
    python: Annotated[str, typer.Option("--python", help="Interpreter of the workers.")] = sys.executable,
    wheel: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--wheel", help="Ship what this wheel holds; default: the package that runs this."),
    ] = None,
    is_json: Json = False,
) -> None:
    """Run a job on a cluster.

    The cluster gets the job and this package; the command waits for the job's end.
    """
    from dataclasses import asdict

    from gress.cli.console import print_json, print_line
    from gress.cluster.savepoints import find_checkpoint
    from gress.cluster.submission import submit
    from gress.cluster.submission_request import Submission
    from jobs.flink.rest import FlinkRest

    if savepoint and checkpoint:
        refuse("submit", "one of --from-savepoint and --from-checkpoint", "both", "leave one out")
    address = cluster_address(cluster)
    request = Submission(
        job=job,
        cluster=address,
        output=output,
        input=source,
        config=config,
        overrides=tuple(overrides or ()),
        arguments=("--format", output_format, *(["--overwrite"] if overwrite else [])),
        state=find_checkpoint(FlinkRest(address), checkpoint) if checkpoint else savepoint,
        python=python,
        wheel=wheel,
        is_detached=detached,
    )
    done = submit(request, (lambda line: sys.stderr.write(line + "\n")) if is_json else print_line)
    if is_json:
        print_json(asdict(done))
    else:
        print_line(f"job {done.job_id}: {done.state}")


def savepoint_command(
    job: Annotated[str, typer.Argument(help="Id of a job, or its name while it runs.")],
    target: Annotated[str, typer.Option("--to", help="Folder or URL that every TaskManager can write to.")],
    cluster: Cluster = None,
    is_stopping: Annotated[bool, typer.Option("--stop", help="End the job with it.")] = False,
    is_json: Json = False,
) -> None:
    """Save the state of a job on a cluster.

    It prints the path that `gress submit --from-savepoint` takes.
    """
    from gress.cli.console import print_json, print_line
    from gress.cluster.savepoints import as_path, take_savepoint
    from jobs.flink.rest import FlinkRest

    path = as_path(take_savepoint(FlinkRest(cluster_address(cluster)), job, target, is_stopping=is_stopping))
    if is_json:
        print_json({"job": job, "savepoint": path})
    else:
        print_line(path)


def health_command(
    cluster: Cluster = None,
    job: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--job", help="Id or name; default: the latest of every name that runs or failed."),
    ] = None,
    max_lag: Annotated[Optional[int], typer.Option("--max-lag", help="Unread records, where sources know.")] = None,  # noqa: UP045
    max_checkpoint_age: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--max-checkpoint-age", help="As 5m; default: three intervals, at least a minute."),
    ] = None,
    metrics: Annotated[
        list[str] | None,
        typer.Option("--metrics", help="HOST:PORT of ml.metrics on a host of workers; may be repeated."),
    ] = None,
    port: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--serve", min=0, max=65_535, help="Answer GET /healthz on this port until stopped."),
    ] = None,
    host: Annotated[str, typer.Option("--bind", help="Address to serve on.")] = "127.0.0.1",
    is_json: Json = False,
) -> None:
    """Check a cluster and its jobs.

    The exit code is 0 for healthy, 1 for degraded, 2 for down.
    """
    from gress.cli.health import print_health
    from gress.health.checks import Limits
    from gress.health.examine import examine
    from gress.health.server import health_server

    limits = Limits(max_checkpoint_age_ms=_duration_ms(max_checkpoint_age), max_lag=max_lag)
    address, endpoints = cluster_address(cluster), tuple(metrics or ())
    if port is None:
        health = examine(address, job, limits, metrics=endpoints)
        print_health(health, is_json=is_json)
        raise typer.Exit(health.exit_code)
    server_of = health_server(lambda: examine(address, job, limits, metrics=endpoints), host, port)
    with server_of as server, suppress(KeyboardInterrupt):
        sys.stderr.write(f"http://{host}:{server.server_port}/healthz\n")
        server.serve_forever()


def cluster_address(cluster: str | None) -> str:
    """Return the address of a cluster; None: the one in ./gress-cluster."""
    from gress.cluster.local import DEFAULT_DIR, find_address, read_cluster

    return cluster or find_address(read_cluster(DEFAULT_DIR))


def _duration_ms(text: str | None) -> int | None:
    from conf.types.durations import parse_duration_ms

    if text is None:
        return None
    try:
        return parse_duration_ms(text)
    except ValueError as error:
        fail("--max-checkpoint-age", str(error))
