"""`gress models`: what is in a registry, what serves, and how that changes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

if TYPE_CHECKING:
    from models.registry import Deployment, Registry

models_app = typer.Typer(no_args_is_help=True, help="Models: register, promote, roll back, show history.")

Name = Annotated[str, typer.Argument(help="Name of a model; `gress models list` shows them.")]
Version = Annotated[str, typer.Argument(help="Version, such as 2.0.0.")]
AnyVersion = Annotated[str, typer.Argument(help="Version; default: the one that serves.")]
Place = Annotated[
    Optional[str],  # noqa: UP045 - typer reads it at run time, on Python 3.10 too
    typer.Option(
        "--registry", help="Folder, package:NAME or URL (s3://, gs://, az://); default: that of the settings."
    ),
]
Config = Annotated[Optional[Path], typer.Option("--config", help="YAML file with ml.model_registry.")]  # noqa: UP045
Set = Annotated[list[str] | None, typer.Option("--set", help="A setting, as key.path=value; may be repeated.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document instead of a table.")]
By = Annotated[str, typer.Option("--by", help="Who does it; default: user@host.", show_default=False)]
Why = Annotated[str, typer.Option("--why", help="Why, for the history.", show_default=False)]


@models_app.command("list")
def list_command(
    name: Annotated[str, typer.Argument(help="Show the versions of this model.")] = "",
    registry: Place = None,
    config: Config = None,
    overrides: Set = None,
    is_json: Json = False,
) -> None:
    """List the models, or the versions of one."""
    from gress.cli.console import print_json
    from gress.cli.model_tables import print_models, print_versions
    from models.lifecycle import list_models, list_versions

    opened = _open(registry, config, overrides)
    if name:
        versions = list_versions(opened, name)
        if is_json:
            print_json({"registry": opened.url, "name": name, "versions": versions})
        else:
            print_versions(opened.url, name, versions)
        return
    models = list_models(opened)
    if is_json:
        print_json({"registry": opened.url, "models": models})
    else:
        print_models(opened.url, models)


@models_app.command("show")
def show_command(
    name: Name,
    version: AnyVersion = "",
    registry: Place = None,
    config: Config = None,
    overrides: Set = None,
    is_json: Json = False,
) -> None:
    """Show all that is known about a version."""
    _print_details(_open(registry, config, overrides), name, version, is_json=is_json)


@models_app.command("register")
def register_command(  # noqa: PLR0913, PLR0917 - one argument for each option
    file: Annotated[Path, typer.Argument(help="An .onnx or .tflite file; a model.json beside it is read.")],
    name: Annotated[str, typer.Option("--name", help="Name of the model.", show_default=False)] = "",
    version: Annotated[str, typer.Option("--version", help="Version, such as 2.0.0.", show_default=False)] = "",
    golden: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--golden", help="Parquet file of feature columns and, to compare with, `prediction`."),
    ] = None,
    baseline: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--baseline", help="Parquet file of training rows, as `gress features export` writes: for drift."),
    ] = None,
    tags: Annotated[str, typer.Option("--tags", help="Labels, as a,b.", show_default=False)] = "",
    tag: Annotated[list[str] | None, typer.Option("--tag", help="A label; may be repeated.")] = None,
    description: Annotated[str, typer.Option("--description", help="Free text.", show_default=False)] = "",
    threshold: Annotated[Optional[float], typer.Option("--threshold", help="Decision threshold.")] = None,  # noqa: UP045
    classes: Annotated[
        str, typer.Option("--classes", help="Labels in the order of the scores, as no,yes.", show_default=False)
    ] = "",
    task: Annotated[
        str, typer.Option("--task", help="binary, multiclass or regression; default: what the file shows.")
    ] = "",
    registry: Place = None,
    config: Config = None,
    overrides: Set = None,
    is_json: Json = False,
) -> None:
    """Add a model file as a version; it serves once it is promoted."""
    from models.lifecycle import register
    from udfs.drift.training_rows import baseline_of

    opened = _open(registry, config, overrides)
    spec = register(
        opened,
        file,
        name,
        version,
        golden=golden,
        baseline=baseline_of(baseline) if baseline is not None else None,
        tags=[*_parts(tags), *(tag or ())],
        description=description,
        threshold=threshold,
        classes=_parts(classes) or None,
        task=task or None,
    )
    _print_details(opened, spec.name, spec.version, is_json=is_json)


@models_app.command("validate")
def validate_command(
    name: Name,
    version: AnyVersion = "",
    by: By = "",
    registry: Place = None,
    config: Config = None,
    overrides: Set = None,
    is_json: Json = False,
) -> None:
    """Fetch a version and run it on its golden rows.

    Checksum, inputs and outputs are compared too; that it passed is noted beside it.
    """
    from gress.cli.console import print_json
    from gress.cli.model_tables import print_validation
    from models.lifecycle import validate

    opened = _open(registry, config, overrides)
    found = validate(opened, name, version, by=by)
    if not is_json:
        print_validation(found)
        return
    print_json(
        {
            "registry": opened.url,
            "name": found.spec.name,
            "version": found.spec.version,
            "sha256": found.spec.sha256,
            "size_bytes": found.size_bytes,
            "golden_rows": found.golden_rows,
            "load_ms": found.load_ms,
            "row_ms": found.row_ms,
            "is_new": found.is_new,
        }
    )


@models_app.command("promote")
def promote_command(  # noqa: PLR0913, PLR0917 - one argument for each option
    name: Name,
    version: Version,
    by: By = "",
    why: Why = "",
    is_forced: Annotated[
        bool, typer.Option("--force", help="Without validation, and where it serves already.")
    ] = False,
    registry: Place = None,
    config: Config = None,
    overrides: Set = None,
    is_json: Json = False,
) -> None:
    """Make a version the one that serves; running jobs take it up.

    It is validated first.
    """
    from models.lifecycle import promote

    opened = _open(registry, config, overrides)
    _print_deployment(opened, name, promote(opened, name, version, by=by, why=why, force=is_forced), is_json=is_json)


@models_app.command("rollback")
def rollback_command(
    name: Name,
    by: By = "",
    why: Why = "",
    registry: Place = None,
    config: Config = None,
    overrides: Set = None,
    is_json: Json = False,
) -> None:
    """Make the version that served before serve again."""
    from models.lifecycle import rollback

    opened = _open(registry, config, overrides)
    _print_deployment(opened, name, rollback(opened, name, by=by, why=why), is_json=is_json)


@models_app.command("history")
def history_command(
    name: Name, registry: Place = None, config: Config = None, overrides: Set = None, is_json: Json = False
) -> None:
    """Show who made which version serve, when and why.

    It also shows which jobs refused a version.
    """
    from gress.cli.console import print_json
    from gress.cli.model_tables import print_history
    from models.lifecycle import history

    opened = _open(registry, config, overrides)
    generations = history(opened, name)
    if is_json:
        print_json({"registry": opened.url, "name": name, "history": generations})
    else:
        print_history(opened.url, name, generations)


@models_app.command("retire")
def retire_command(  # noqa: PLR0913, PLR0917 - one argument for each option
    name: Name,
    version: Version,
    is_deleted: Annotated[bool, typer.Option("--delete", help="Remove it, with its file.")] = False,
    by: By = "",
    why: Why = "",
    registry: Place = None,
    config: Config = None,
    overrides: Set = None,
    is_json: Json = False,
) -> None:
    """Take a version out of use for good.

    It must not be the one that serves, nor the one a rollback goes to.
    """
    from gress.cli.console import print_json, print_line
    from models.lifecycle import delete, retire

    opened = _open(registry, config, overrides)
    state = "deleted" if is_deleted else "retired"
    found = delete(opened, name, version) if is_deleted else retire(opened, name, version, by=by, why=why)
    if is_json:
        print_json({"registry": opened.url, "name": name, "version": found, "state": state})
    else:
        print_line(f"{name}@{found}: {state}")


@models_app.command("pull")
def pull_command(
    name: Name,
    version: AnyVersion = "",
    output: Annotated[Path, typer.Option("--output", help="Folder, itself a registry.")] = Path("models"),
    registry: Place = None,
    config: Config = None,
    overrides: Set = None,
    is_json: Json = False,
) -> None:
    """Copy a version to OUTPUT/NAME/VERSION."""
    from gress.cli.console import print_json, print_line
    from models.lifecycle import pull

    opened = _open(registry, config, overrides)
    folder = pull(opened, name, version, output)
    if is_json:
        print_json({"registry": opened.url, "name": name, "version": folder.name, "path": str(folder)})
    else:
        print_line(f"{name}@{folder.name}: {folder}")


def _open(place: str | None, config: Path | None, overrides: list[str] | None) -> Registry:
    """Open the registry of the settings, or one at another place with the settings' endpoint, region and cache."""
    from conf.loading.loader import load_settings, settings_from
    from models.registry import open_registry

    chosen = list(overrides or ())
    if place is not None:
        # By itself first: what is wrong with it is then said of the option.
        settings_from({"ml": {"model_registry": {"base_path": place}}}, origin="--registry")
        quoted = json.dumps(place, ensure_ascii=False)
        # A type of s3 or gcs would make a prefix in its bucket of what is a folder here.
        chosen += ["ml.model_registry.type=local", f"ml.model_registry.base_path={quoted}"]
    settings = load_settings(config, overrides=chosen, environ=os.environ)
    return open_registry(settings.ml.model_registry)


def _print_details(registry: Registry, name: str, version: str, *, is_json: bool) -> None:
    from gress.cli.console import print_json
    from gress.cli.model_tables import print_details
    from models.lifecycle import show

    found = show(registry, name, version)
    if not is_json:
        print_details(found)
        return
    print_json(
        {
            "registry": found.registry,
            "name": found.spec.name,
            "version": found.spec.version,
            "state": found.state,
            "spec": found.spec,
            "records": found.records,
        }
    )


def _print_deployment(registry: Registry, name: str, deployment: Deployment, *, is_json: bool) -> None:
    from gress.cli.console import print_json
    from gress.cli.model_tables import print_deployment

    if is_json:
        print_json({"registry": registry.url, "name": name, **deployment.model_dump()})
    else:
        print_deployment(name, deployment)


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
