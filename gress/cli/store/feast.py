"""`gress features feast`: a job's features for Feast."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from gress.cli.flags.job_flags import Config, JobName
from gress.cli.flags.shared_flags import Set


def mount(app: typer.Typer) -> None:
    """Add the command of this file to an application."""
    app.command("feast")(feast_command)


def feast_command(
    job: JobName,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="New folder for Feast's repository.")],
    features: Annotated[Path, typer.Option("--features", help="Parquet file of `gress features export`.")],
    config: Config = None,
    overrides: Set = None,
) -> None:
    """Write the features that a job publishes as a Feast repository.

    It has a feature view and a Parquet file for each entry of ml.feature_store.publish.
    """
    from conf.loading.loader import load_settings
    from gress.cli.console import print_line
    from gress.feature_store.feast_repository import FeastRepository, FeastView
    from jobs.catalogue import default_config, find_job
    from jobs.errors import fail, refuse
    from udfs.feature_store.publication import listed_publications
    from udfs.features.feature_set import compile_feature_set

    find_job(job)
    path = config or default_config(job)
    settings = load_settings(path, overrides=overrides or (), environ=os.environ)
    if settings.job is None:
        refuse(str(path), "a `job:` with events, features and inference", "none")
    store, events = settings.ml.feature_store, settings.job.events
    try:
        found = listed_publications(store, compile_feature_set(settings.job.features, events), events)
    except ValueError as error:
        fail(str(path), str(error))
    if not found:
        refuse(f"{path}: ml.feature_store.publish", "what the job publishes", "nothing", "list entities and features")
    views = tuple(FeastView(each.group.entity, each.key, each.columns) for each in found)
    ttl_ms = store.ttl_ms if store.ttl_on == "event" else 0
    rows = FeastRepository(settings.job.name, events.time, views, ttl_ms).write(folder, features)
    print_line(f"{', '.join(f'{number:,} rows of {entity}' for entity, number in rows.items())}: {folder}")
