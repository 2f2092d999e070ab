"""`gress jars` and `gress dev`: what Kafka jobs need beside the package."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated, Optional

import typer

jars_app = typer.Typer(no_args_is_help=True, help="Jars that Kafka jobs need.")
dev_app = typer.Typer(no_args_is_help=True, help="Services to try things with: a Kafka broker.")


@jars_app.callback()
def _jars() -> None:
    """Jars that Kafka jobs need."""


@dev_app.callback()
def _dev() -> None:
    """Services to try things with: a Kafka broker."""


@jars_app.command("fetch")
def fetch(
    to: Annotated[
        Optional[Path],  # noqa: UP045 - typer reads it at run time, on Python 3.10 too
        typer.Option("--to", help="Folder; default: $GRESS_JARS, else ~/.cache/gress-ml/jars, where jobs look."),
    ] = None,
    broker: Annotated[bool, typer.Option("--broker", help="A broker too, for `gress dev kafka`.")] = False,
) -> None:
    """Fetch Flink's Kafka connector with Maven; show the files."""
    from gress.cli.console import print_line
    from jobs.kafka.jars import BROKER, CONNECTOR, fetch_jars, jars_folder

    parts = (CONNECTOR, BROKER) if broker else (CONNECTOR,)
    for jar in fetch_jars(to or jars_folder(), parts=parts):
        print_line(str(jar))


@dev_app.command("kafka")
def kafka(
    port: Annotated[int, typer.Option("--port", min=0, max=65_535, help="0: a free one.")] = 9092,
    data: Annotated[
        Optional[Path],  # noqa: UP045 - typer reads it at run time, on Python 3.10 too
        typer.Option("--data", help="Folder that keeps its records; default: a new one, gone when it stops."),
    ] = None,
    partitions: Annotated[int, typer.Option("--partitions", min=1, help="Of topics that come into being.")] = 1,
) -> None:
    """Run a one-node Kafka broker in the foreground.

    Topics come into being when they are written to.
    """
    from gress.dev.broker import serve

    if data is not None:
        serve(data, port=port, partitions=partitions)
        return
    with tempfile.TemporaryDirectory(prefix="gress-kafka-") as folder:
        serve(Path(folder), port=port, partitions=partitions)
