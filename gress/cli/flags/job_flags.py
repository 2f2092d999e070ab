"""Options that say which job, with which settings and which input."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

JobName = Annotated[str, typer.Argument(help="Name of a job; `gress jobs list` shows them.")]
Input = Annotated[
    Optional[str],  # noqa: UP045 - typer reads it at run time, on Python 3.10 too
    typer.Option(
        "--input",
        help="File, folder or pattern of .jsonl, .csv (both also .gz) or .parquet; kafka: or kafka:TOPIC,... at the "
        "brokers of job.source.kafka; or generator:days=40,seed=1. Default: job.source, else generated.",
    ),
]
Config = Annotated[Optional[Path], typer.Option("--config", help="YAML file; default: the job's own.")]  # noqa: UP045
History = Annotated[
    list[str] | None,
    typer.Option(
        "--history",
        help="Rows that the feature store was given, as ENTITY=FILE[,key=COLUMN][,time=COLUMN][,feature_set=NAME]; for "
        "features that are looked up there; may be repeated.",
    ),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what an earlier run wrote there.")]
