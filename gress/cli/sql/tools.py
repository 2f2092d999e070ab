"""`gress sql-client` and `gress sql-gateway`: Flink's own tools with the functions of this package."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated, Optional

import typer

from gress.cli.flags.session_flags import Batch, Config, FlinkConf
from gress.cli.flags.shared_flags import Registry, Set
from gress.cli.panels import RUN
from gress.cli.sql.command import read_statements, session_of

# Flink's script gets all other arguments.
_REST = {"allow_extra_args": True, "ignore_unknown_options": True}


def mount(app: typer.Typer) -> None:
    """Add the commands of this file to an application."""
    app.command("sql-client", rich_help_panel=RUN, context_settings=_REST)(client_command)
    app.command("sql-gateway", rich_help_panel=RUN, context_settings=_REST)(gateway_command)


def client_command(
    context: typer.Context,
    place: Registry = None,
    config: Config = None,
    overrides: Set = None,
    flink_conf: FlinkConf = None,
    is_batch: Batch = False,
    init: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("-i", "--init", help="File of statements that the session begins with, after the functions."),
    ] = None,
) -> None:
    """Start Flink's SQL client with the functions of this package.

    Other arguments are those of Flink's sql-client.sh, such as `-f FILE`. Jobs run in the client's process; with
    `-Dexecution.target=remote -Drest.address=HOST` they run on a cluster, whose machines have this package.
    """
    from gress.sql_tools.flink_scripts import run_tool
    from gress.sql_tools.session_options import registrations, session_options

    options = session_options(session_of(place, config, overrides, flink_conf, is_batch=is_batch))
    reads_file = not {"-f", "--file"}.isdisjoint(context.args)
    if reads_file:
        # Flink refuses any other mode for statements of a file, and would end with the client what an INSERT began.
        options |= {"sql-client.execution.result-mode": "tableau", "table.dml-sync": "true"}
    more = "" if init is None else read_statements(init)
    with tempfile.TemporaryDirectory(prefix="gress-sql-") as folder:
        begin = Path(folder) / "init.sql"
        begin.write_text(registrations() + more, encoding="utf-8")
        code = run_tool("client", ["-i", str(begin), *context.args], options, reads_file=reads_file)
    raise typer.Exit(code)


def gateway_command(
    context: typer.Context,
    place: Registry = None,
    config: Config = None,
    overrides: Set = None,
    flink_conf: FlinkConf = None,
    is_batch: Batch = False,
) -> None:
    """Run Flink's SQL gateway with the functions of this package.

    It stays in the foreground. Other arguments are those of Flink's sql-gateway.sh, such as
    `-Dsql-gateway.endpoint.rest.port=8083`. Each session registers the functions that it uses.
    """
    from gress.sql_tools.flink_scripts import run_tool
    from gress.sql_tools.session_options import session_options

    options = session_options(session_of(place, config, overrides, flink_conf, is_batch=is_batch))
    # Nobody else on the network gets a session unless somebody says so.
    options = {"sql-gateway.endpoint.rest.address": "localhost", **options}
    raise typer.Exit(run_tool("gateway", context.args, options))
