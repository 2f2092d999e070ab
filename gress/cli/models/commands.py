"""`gress models`: list the versions in a registry, and change which one serves."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from gress.cli.models.answers import answer_deployment, answer_details
from gress.cli.models.register import register_command
from gress.cli.registry_options import RegistryCall, on_registry

if TYPE_CHECKING:
    from models.serving.versions import Opener

models_app = typer.Typer(no_args_is_help=True, help="Models: register, promote, roll back, show history.")

Name = Annotated[str, typer.Argument(help="Name of a model; `gress models list` shows them.")]
Version = Annotated[str, typer.Argument(help="Version, such as 2.0.0.")]
AnyVersion = Annotated[str, typer.Argument(help="Version; default: the one that serves.")]
By = Annotated[str, typer.Option("--by", help="Who does it; default: user@host.", show_default=False)]
Endpoints = Annotated[
    Optional[list[str]],  # noqa: UP045 - typer reads it at run time, on Python 3.10 too
    typer.Option("--metrics", help="HOST:PORT of jobs elsewhere (ml.metrics.port), to name those that do not follow."),
]
Why = Annotated[str, typer.Option("--why", help="Why, for the history.", show_default=False)]


@models_app.command("list")
@on_registry
def list_command(
    call: RegistryCall,
    name: Annotated[str, typer.Argument(help="Show the versions of this model.")] = "",
) -> None:
    """List the models, or the versions of one.

    With --config, tags and descriptions of its ml.models count.
    """
    from gress.cli.models.tables import print_models, print_versions
    from models.lifecycle import list_models, list_versions
    from udfs.scoring.listed_models import in_settings

    opened = call.registry
    if name:
        versions = list_versions(opened, name, in_settings(call.ml))
        call.answer({"name": name, "versions": versions}, lambda: print_versions(opened.url, name, versions))
    else:
        models = list_models(opened)
        call.answer({"models": models}, lambda: print_models(opened.url, models))


@models_app.command("show")
@on_registry
def show_command(call: RegistryCall, name: Name, version: AnyVersion = "") -> None:
    """Show all that is known about a version."""
    answer_details(call, name, version)


models_app.command("register")(register_command)


@models_app.command("validate")
@on_registry
def validate_command(
    call: RegistryCall,
    name: Name,
    version: AnyVersion = "",
    by: By = "",
    job: Annotated[
        str, typer.Option("--job", help="Also as this job starts: with its features.", show_default=False)
    ] = "",
) -> None:
    """Fetch a version and run it on its golden rows.

    Checksum, inputs and outputs are compared too; that it passed is noted beside it. With --job the columns and the
    hash of the job's features are compared, those of --config where it is given.
    """
    from gress.cli.models.tables import print_validation
    from models.lifecycle import validate

    found = validate(call.registry, name, version, by=by, opener=_opener(call, name, job) if job else None)
    document = {
        "name": found.spec.name,
        "version": found.spec.version,
        "sha256": found.spec.sha256,
        "size_bytes": found.size_bytes,
        "job": job or None,
        "golden_rows": found.golden_rows,
        "load_ms": found.load_ms,
        "row_ms": found.row_ms,
        "is_new": found.is_new,
    }
    call.answer(document, lambda: print_validation(found, job))


@models_app.command("batch")
@on_registry
def batch_command(call: RegistryCall, name: Name, version: AnyVersion = "") -> None:
    """Time a version by rows of a batch, and name the best size.

    It is the smallest within 5 % of the best rate, and takes ml.inference.max_latency at most. The model runs where
    jobs with these settings run it: on a GPU with ml.inference.enable_gpu.
    """
    from gress.cli.models.tables import print_batches
    from gress.time_version import time_version

    found = time_version(call.registry, call.ml, name, version)
    times = [
        {"rows": each.rows, "median_ms": each.median_s * 1e3, "p99_ms": each.p99_s * 1e3, "rows_per_s": each.rows_per_s}
        for each in found.times
    ]
    document = {
        "name": found.spec.name,
        "version": found.spec.version,
        "device": found.device,
        "gpu_problem": str(found.problem) if found.problem else None,
        "batches": times,
        "batch_size": found.best.rows,
    }
    call.answer(document, lambda: print_batches(found))


@models_app.command("promote")
@on_registry
def promote_command(
    call: RegistryCall,
    name: Name,
    version: Version,
    by: By = "",
    why: Why = "",
    is_forced: Annotated[
        bool, typer.Option("--force", help="Without validation, and where it serves already.")
    ] = False,
    endpoints: Endpoints = None,
) -> None:
    """Make a version the one that serves; running jobs take it up.

    It is validated first. Running jobs that are pinned to a version are named: they do not take it up.
    """
    from models.lifecycle import promote

    deployed = promote(call.registry, name, version, by=by, why=why, force=is_forced)
    answer_deployment(call, name, deployed, endpoints)


@models_app.command("rollback")
@on_registry
def rollback_command(
    call: RegistryCall, name: Name, by: By = "", why: Why = "", endpoints: Endpoints = None
) -> None:
    """Make the version that served before serve again."""
    from models.lifecycle import rollback

    answer_deployment(call, name, rollback(call.registry, name, by=by, why=why), endpoints)


@models_app.command("history")
@on_registry
def history_command(call: RegistryCall, name: Name) -> None:
    """Show who made which version serve, when and why.

    It also shows which jobs refused a version.
    """
    from gress.cli.models.tables import print_history
    from models.lifecycle import history

    generations = history(call.registry, name)
    call.answer(
        {"name": name, "history": generations}, lambda: print_history(call.registry.url, name, generations)
    )


@models_app.command("retire")
@on_registry
def retire_command(
    call: RegistryCall,
    name: Name,
    version: Version,
    is_deleted: Annotated[bool, typer.Option("--delete", help="Remove it, with its file.")] = False,
    by: By = "",
    why: Why = "",
) -> None:
    """Take a version out of use for good.

    It must not be the one that serves, nor the one a rollback goes to.
    """
    from gress.cli.console import print_line
    from models.lifecycle import delete, retire

    state = "deleted" if is_deleted else "retired"
    found = delete(call.registry, name, version) if is_deleted else retire(call.registry, name, version, by=by, why=why)
    document = {"name": name, "version": found, "state": state}
    call.answer(document, lambda: print_line(f"{name}@{found}: {state}"))


@models_app.command("pull")
@on_registry
def pull_command(
    call: RegistryCall,
    name: Name,
    version: AnyVersion = "",
    output: Annotated[Path, typer.Option("--output", help="Folder, itself a registry.")] = Path("models"),
) -> None:
    """Copy a version to OUTPUT/NAME/VERSION."""
    from gress.cli.console import print_line
    from models.lifecycle import pull

    folder = pull(call.registry, name, version, output)
    document = {"name": name, "version": folder.name, "path": str(folder)}
    call.answer(document, lambda: print_line(f"{name}@{folder.name}: {folder}"))


def _opener(call: RegistryCall, name: str, job: str) -> Opener:
    """Return the function with which a job would load a model."""
    from conf.loading.loader import load_settings
    from jobs.catalogue import default_config, find_job
    from jobs.errors import refuse
    from udfs.features.feature_set import compile_feature_set
    from udfs.scoring.model_source import opener_for

    find_job(job)
    path = call.config or default_config(job)
    settings = load_settings(path, overrides=call.overrides, environ=os.environ).job
    if settings is None:
        refuse(str(path), "a `job:` with events, features and inference", "none")
    inference = settings.inference.model_copy(update={"model_name": name})
    return opener_for(call.ml, inference, compile_feature_set(settings.features, settings.events))
