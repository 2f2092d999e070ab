"""`gress state`: the content of savepoints and checkpoints."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from gress.cli.flags.shared_flags import Json
from gress.cli.panels import CLUSTERS

if TYPE_CHECKING:
    from gress.inspection.saved_state import SavedShard

state_app = typer.Typer(no_args_is_help=True, help="Saved state of jobs: show what a savepoint holds.")


def mount(app: typer.Typer) -> None:
    """Add the commands of this file to an application."""
    app.add_typer(state_app, name="state", rich_help_panel=CLUSTERS)


@state_app.command("inspect")
def inspect_command(
    state: Annotated[str, typer.Argument(metavar="PATH", help="Folder or URL of a savepoint or checkpoint.")],
    is_json: Json = False,
) -> None:
    """Show what a savepoint or checkpoint holds.

    It shows the operators and, of windows on packed rows, each shard. A savepoint tells the bytes, rows and keys of a
    shard; a checkpoint its bytes, and with RocksDB not even those.
    """
    from gress.cli.console import print_json, print_line, print_table
    from gress.inspection.saved_state import inspect

    found = inspect(state)
    if is_json:
        print_json(asdict(found))
        return
    print_line(f"windows: {found.windows or 'none'}")
    operators = [
        (each.uid or "-", each.name, str(each.parallelism), str(each.max_parallelism), f"{each.state_bytes:,}")
        for each in found.operators
        if each.state_bytes
    ]
    print_table("operators with state", ("uid", "name", "tasks", "key groups", "bytes"), operators)
    for stage in found.stages:
        columns = ("key group", "bytes", "rows", "keys", "from", "to")
        print_table(f"windows by {stage.key}", columns, [_cells(shard) for shard in stage.shards])


def _cells(shard: SavedShard) -> tuple[str, ...]:
    from gress.cli.console import utc_text

    counts = ("" if count is None else f"{count:,}" for count in (shard.bytes, shard.rows, shard.keys))
    times = ("" if ms is None else utc_text(dt.datetime.fromtimestamp(ms / 1000, dt.timezone.utc)) for ms in shard.span)
    return (str(shard.group), *counts, *times)
