"""`gress deploy`: manifests of a job for Kubernetes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Optional

import typer

from gress.cli.flags.job_flags import Config, Input, JobName
from gress.cli.flags.shared_flags import Set
from gress.cli.panels import CLUSTERS

deploy_app = typer.Typer(no_args_is_help=True, help="Kubernetes: a job's manifests for Flink's operator.")


def mount(app: typer.Typer) -> None:
    """Add the commands of this file to an application."""
    app.add_typer(deploy_app, name="deploy", rich_help_panel=CLUSTERS)


@deploy_app.command("render")
def render_command(  # noqa: PLR0913, PLR0917 - one argument for each option
    job: JobName,
    output: Annotated[Path, typer.Option("--output", help="Folder of the manifests.")] = Path("kubernetes"),
    config: Config = None,
    overrides: Set = None,
    input: Input = None,  # noqa: A002 - the option's name
    overlays: Annotated[
        list[str] | None, typer.Option("--overlay", help="dev or prod; may be repeated; default: both.")
    ] = None,
    name: Annotated[str, typer.Option("--name", help="Name of all objects; default: the job's.")] = "",
    image: Annotated[
        Optional[str],  # noqa: UP045 - typer reads it at run time, on Python 3.10 too
        typer.Option("--image", help="Image of deploy/Dockerfile; default: gress-ml with this version."),
    ] = None,
    storage: Annotated[
        str, typer.Option("--storage", help="URL of the bucket or folder for checkpoints and savepoints.")
    ] = "s3://gress-ml",
    slots: Annotated[int, typer.Option("--slots", min=1, help="Slots of each TaskManager.")] = 2,
    operator: Annotated[
        str, typer.Option("--operator-namespace", help="Namespace of Flink's operator.")
    ] = "flink-operator",
    monitoring: Annotated[str, typer.Option("--monitoring-namespace", help="Namespace of Prometheus.")] = "monitoring",
) -> None:
    """Write a job's manifests for Kubernetes.

    They are a base and overlays for kustomize. The base is made again by each render; overlays that are there stay as
    they are. Secrets are left out: pods have them from the Secret NAME-secrets.
    """
    from gress import __version__
    from gress.cli.console import print_line
    from gress.deploy_render.deployment import Place
    from gress.deploy_render.overlays import chosen_overlays
    from gress.deploy_render.read_job import RenderRequest, read_job
    from gress.deploy_render.render import render, write_manifests

    place = Place(image or f"gress-ml:{__version__}", storage.rstrip("/"), slots, operator, monitoring)
    chosen = chosen_overlays(overlays or ())
    deployment = read_job(RenderRequest(job, place, config, overrides or (), input or "", name), os.environ)
    for path in write_manifests(output, render(deployment, chosen)):
        print_line(f"{output / path}")
