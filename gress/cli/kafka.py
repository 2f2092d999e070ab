"""`gress jars` and `gress dev`: what jobs with Kafka or a database need beside the package."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated, Optional

import typer

jars_app = typer.Typer(no_args_is_help=True, help="Jars that jobs with Kafka or a database need.")
dev_app = typer.Typer(no_args_is_help=True, help="Run a Kafka broker to try things with; send and read events.")


@jars_app.callback()
def _jars() -> None:
    """Jars that jobs with Kafka or a database need."""


@dev_app.callback()
def _dev() -> None:
    """Run a Kafka broker to try things with; send and read events."""


@jars_app.command("fetch")
def fetch(
    to: Annotated[
        Optional[Path],  # noqa: UP045 - typer reads it at run time, on Python 3.10 too
        typer.Option("--to", help="Folder; default: $GRESS_JARS, else ~/.cache/gress-ml/jars, where jobs look."),
    ] = None,
    broker: Annotated[bool, typer.Option("--broker", help="A broker too, for `gress dev kafka`.")] = False,
    jdbc: Annotated[bool, typer.Option("--jdbc", help="Flink's connector of PostgreSQL too, and its driver.")] = False,
    sql: Annotated[bool, typer.Option("--sql", help="What Flink's own SQL client and gateway need, too.")] = False,
) -> None:
    """Fetch Flink's Kafka connector with Maven; show the files."""
    from gress.cli.console import print_line
    from jobs.kafka.jars import BROKER, CONNECTOR, JDBC, SQL_TOOLS, fetch_jars, jars_folder

    wanted = {CONNECTOR: True, BROKER: broker, JDBC: jdbc, SQL_TOOLS: sql}
    for jar in fetch_jars(to or jars_folder(), parts=tuple(part for part, is_wanted in wanted.items() if is_wanted)):
        print_line(str(jar))


@dev_app.command("kafka")
def kafka(
    port: Annotated[int, typer.Option("--port", min=0, max=65_535, help="0: a free one.")] = 9092,
    data: Annotated[
        Optional[Path],  # noqa: UP045 - typer reads it at run time, on Python 3.10 too
        typer.Option("--data", help="Folder that keeps its records; default: a new one, gone when it stops."),
    ] = None,
    partitions: Annotated[
        int, typer.Option("--partitions", min=1, help="Of new topics; as many as the shipped job has tasks.")
    ] = 2,
    topics: Annotated[str, typer.Option("--topics", help="Topics to create at once, with commas between them.")] = "",
) -> None:
    """Run a one-node Kafka broker in the foreground.

    Topics come into being when they are written to; a job refuses to read one that is not there, so create that here.
    """
    from gress.dev.broker import serve

    names = [name.strip() for name in topics.split(",") if name.strip()]
    if data is not None:
        serve(data, port=port, partitions=partitions, topics=names)
        return
    with tempfile.TemporaryDirectory(prefix="gress-kafka-") as folder:
        serve(Path(folder), port=port, partitions=partitions, topics=names)


_SERVERS = typer.Option("--servers", help="HOST:PORT of the broker.")


@dev_app.command("produce")
def produce(
    source: Annotated[
        str, typer.Argument(help="JSON Lines or Parquet: a file, a folder or a pattern; or generator:days=7")
    ],
    to: Annotated[str, typer.Option("--to", help="Topic.")],
    rate: Annotated[
        float, typer.Option("--rate", min=0, help="Events per second; 0: as fast as the broker takes them.")
    ] = 0,
    key: Annotated[
        str, typer.Option("--key", help="Field that gives the record's key; CUSTOMER_ID for generated events.")
    ] = "",
    servers: Annotated[str, _SERVERS] = "localhost:9092",
) -> None:
    """Send events to a topic, until the last or Ctrl-C."""
    from gress.cli.console import StatusLine, print_line
    from gress.dev.produce import ProduceRequest, Sent
    from gress.dev.produce import produce as send

    def text(sent: Sent) -> str:
        return f"{sent.events:,} events sent to {to}, {sent.rate:,.0f} a second"

    with StatusLine() as line:
        sent = send(ProduceRequest(source, to, servers, rate, key or None), lambda sent: line.write(text(sent)))
    print_line(text(sent))


@dev_app.command("consume")
def consume(
    topic: Annotated[str, typer.Argument(help="Topic.")],
    start: Annotated[str, typer.Option("--from", help="earliest or latest.")] = "earliest",
    most: Annotated[
        Optional[int],  # noqa: UP045 - typer reads it at run time, on Python 3.10 too
        typer.Option("--max", min=1, help="End after so many records."),
    ] = None,
    until_end: Annotated[
        bool, typer.Option("--until-end", help="End where the topic ends now, instead of waiting for more.")
    ] = False,
    servers: Annotated[str, _SERVERS] = "localhost:9092",
) -> None:
    """Print committed records of a topic, one a line, until Ctrl-C."""
    from gress.dev.consume import ConsumeRequest, write_records

    write_records(ConsumeRequest(topic, servers, start, most, until_end))
