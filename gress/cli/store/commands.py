"""`gress features get`, `load` and `stats`: the feature store of some settings."""

from __future__ import annotations

import math
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from jobs.errors import fail, refuse

if TYPE_CHECKING:
    from state.feature_store.feature_store import FeatureStore

Config = Annotated[Optional[Path], typer.Option("--config", help="YAML file with ml.feature_store.")]  # noqa: UP045
Set = Annotated[list[str] | None, typer.Option("--set", help="A setting, as key.path=value; may be repeated.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document instead of a table.")]


def mount(app: typer.Typer) -> None:
    """Add the commands of this file to an application."""
    app.command("get")(get_command)
    app.command("load")(load_command)
    app.command("stats")(stats_command)


def get_command(
    key: Annotated[str, typer.Argument(metavar="ENTITY", help="Entity, such as a customer's id.")],
    entity: Annotated[str, typer.Option("--entity", help="Kind of entity.")],
    feature_set: Annotated[str, typer.Option("--feature-set", help="Hash of the feature set.")],
    config: Config = None,
    overrides: Set = None,
    is_json: Json = False,
) -> None:
    """Show what the feature store has of an entity.

    Each value comes with its event time; `gress features explain` shows the hash of a job's feature set.
    """
    from gress.cli.console import print_json, print_table
    from state.feature_store.group import Group

    try:
        group = Group(entity, feature_set)
    except ValueError as error:
        fail("gress features get", str(error), "give the kind and the hash that the rows were loaded with")
    with _open(config, overrides) as store:
        names = store.names(group, key)
        found = store.get_many(group, [key], names)
        reasons = ", ".join(store.counts().errors)
    if not names or found.is_failed.any():
        refuse("gress features get", f"{entity} {key!r} with feature set {feature_set}", reasons or "none in the store")
    values = {name: (found.values(name)[0], int(found.times_ms(name)[0])) for name in names}
    # A value that is none is read without its time, as 0.
    told = {name: (value, None if value is None else time) for name, (value, time) in values.items()}
    if is_json:
        print_json({name: {"value": _plain(value), "event_time_ms": time} for name, (value, time) in told.items()})
        return
    rows = [(name, "-" if value is None else repr(value), _time(time)) for name, (value, time) in told.items()]
    print_table(f"{entity} {key}", ("feature", "value", "event time"), rows)


def load_command(
    file: Annotated[Path, typer.Argument(help="Parquet file, as `gress features export` writes.")],
    key: Annotated[str, typer.Option("--key", help="Column of the entity.")],
    time: Annotated[str, typer.Option("--time", help="Column of the event time.")],
    entity: Annotated[str, typer.Option("--entity", help="Kind of entity; default: the key column's name.")] = "",
    feature_set: Annotated[
        str, typer.Option("--feature-set", help="Hash of the feature set; default: that in the file.")
    ] = "",
    columns: Annotated[
        list[str] | None, typer.Option("--column", help="A column to load; may be repeated. Default: all features.")
    ] = None,
    config: Config = None,
    overrides: Set = None,
) -> None:
    """Fill the feature store from a Parquet file.

    A value that is older than the one in the store changes nothing, so a load may be repeated, and a job may write
    meanwhile.
    """
    from gress.cli.console import StatusLine, print_line
    from gress.feature_store.load_file import LoadRequest, load_file

    request = LoadRequest(file, key, time, entity, feature_set, tuple(columns or ()))
    with _open(config, overrides) as store, StatusLine("reading") as line:
        done = load_file(request, store, lambda rows, total: line.write(f"{rows:,} of {total:,} rows"))
    print_line(
        f"{done.rows:,} rows as {done.group.entity} with feature set {done.group.feature_set}; "
        f"{done.older:,} values older than those in the store, {done.skipped:,} rows without entity or time"
    )


def stats_command(config: Config = None, overrides: Set = None, is_json: Json = False) -> None:
    """Show how full the feature store is."""
    from gress.cli.console import print_json, print_table

    with _open(config, overrides) as store:
        stats: dict[str, Any] = asdict(store.stats())
    if is_json:
        print_json(stats)
        return
    stats["bytes_limit"] = stats["bytes_limit"] or "none"
    rows = [
        (name.replace("_", " "), f"{value:,}" if isinstance(value, int) else value) for name, value in stats.items()
    ]
    print_table("", ("feature store", ""), rows)


def _open(config: Path | None, overrides: list[str] | None) -> FeatureStore:
    """Return the store of the settings, on a server: the memory of a job cannot be read from outside."""
    from conf.loading.loader import load_settings
    from udfs.feature_store.open_store import open_store

    settings: Any = load_settings(config, overrides=overrides or (), environ=os.environ)
    store = settings.ml.feature_store
    if store.backend == "memory":
        where = "ml.feature_store.backend" if config is None else f"{config}: ml.feature_store.backend"
        refuse(where, "redis", "'memory', which each process has for itself", "set it, and ml.feature_store.redis_addr")
    return open_store(store)


def _plain(value: Any) -> Any:
    """Return a value as JSON has it, whose numbers are finite."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _time(time_ms: int | None) -> str:
    """Return a time as text; numpy's go on beyond the year 9999."""
    import numpy as np

    return "-" if time_ms is None else f"{np.datetime64(time_ms, 'ms')}Z"
