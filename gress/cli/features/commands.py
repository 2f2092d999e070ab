"""`gress features export`, `explain`, `list` and `types`: features of a job, and the types that there are."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from gress.cli.flags.job_flags import Config, History, Input, JobName, Overwrite
from gress.cli.flags.session_flags import FlinkConf
from gress.cli.flags.shared_flags import Json, Set
from gress.cli.run_request import run_request
from gress.cli.store.commands import mount as mount_store
from gress.cli.store.feast import mount as mount_feast
from gress.cli.store.verify import mount as mount_verify
from jobs.errors import refuse

features_app = typer.Typer(no_args_is_help=True, help="Features: list, explain, export; what the store holds.")
mount_store(features_app)
mount_verify(features_app)
mount_feast(features_app)


@features_app.command("export")
def export_command(
    job: JobName,
    output: Annotated[Path, typer.Option("--output", help="New Parquet file.")],
    input: Input = None,  # noqa: A002 - the option's name
    config: Config = None,
    overrides: Set = None,
    flink_conf: FlinkConf = None,
    overwrite: Overwrite = False,
    history: History = None,
) -> None:
    """Write the features of all events to a Parquet file, to train on.

    The job computes them as it does when it scores; event fields stand beside them. What it looks up in the feature
    store is as it was known at the time of each event.
    """
    from gress.cli.console import LiveLine, print_line
    from gress.feature_store.history_option import history_files
    from jobs.runs.export import export_features

    request = run_request(
        job,
        output,
        input,
        config,
        overrides,
        None,
        output_format="json",
        flink_conf=flink_conf,
        is_overwriting=overwrite,
    )
    with LiveLine() as line:
        done = export_features(request, line.show, history_files(history or ()))
    print_line(f"{done.rows:,} rows of {done.events:,} events, {done.dead_letters:,} dead letters: {done.path}")


@features_app.command("explain")
def explain_features(job: JobName, config: Config = None, overrides: Set = None) -> None:
    """Show every feature column: type, inputs, formula, null rule."""
    from gress.cli.console import print_table
    from udfs.features.feature_set import compile_feature_set

    settings = _settings(job, config, overrides)
    features = compile_feature_set(settings.job.features, settings.job.events)
    rows = [(c.column, c.type, ", ".join(c.inputs), c.formula, c.null_rule) for c in features.explain()]
    print_table(
        f"{features.name}: {len(features.columns)} column{'s' * (len(features.columns) != 1)}, hash {features.hash}",
        ("column", "type", "inputs", "formula", "null rule"),
        rows,
    )


@features_app.command("list")
def list_features(
    is_json: Json = False,
) -> None:
    """List every type of feature: parameters, null rule, formula.

    Each has an example, with the columns it gives.
    """
    from gress.cli.console import print_features, print_json
    from udfs.features.reference import feature_references

    references = feature_references()
    if is_json:
        print_json({"features": references})
    else:
        print_features(references)


@features_app.command("types")
def show_types(
    name: Annotated[str, typer.Argument(metavar="TYPE", help="Show all about this type.")] = "",
    is_json: Json = False,
) -> None:
    """Show one type of feature, with an example as YAML.

    Without TYPE, list the types, a line each.
    """
    from gress.cli.features.types import print_type, print_types
    from udfs.features.reference import feature_reference, feature_references

    if name:
        print_type(feature_reference(name), is_json=is_json)
    else:
        print_types(feature_references(), is_json=is_json)


def _settings(job: str, config: Path | None, overrides: list[str] | None) -> Any:
    from conf.loading.loader import load_settings
    from jobs.catalogue import default_config, find_job

    find_job(job)
    path = config or default_config(job)
    settings = load_settings(path, overrides=overrides or (), environ=os.environ)
    if settings.job is None:
        refuse(str(path), "a `job:` with events, features and inference", "none")
    return settings
