"""Options that the commands for SQL share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

Config = Annotated[
    Optional[Path],  # noqa: UP045 - typer reads it at run time, on Python 3.10 too
    typer.Option("--config", help="YAML file; functions compute the features of its job before they predict."),
]
FlinkConf = Annotated[Optional[Path], typer.Option("--flink-conf", help="File of Flink options.")]  # noqa: UP045
Batch = Annotated[bool, typer.Option("--batch", help="Queries end, and give each row once; default: rows of a stream.")]
