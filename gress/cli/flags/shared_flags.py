"""Options that several commands have, each declared once."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

Registry = Annotated[
    Optional[str],  # noqa: UP045 - typer reads it at run time, on Python 3.10 too
    typer.Option(
        "--registry", help="Folder, package:NAME or URL (s3://, gs://, az://); default: that of the settings."
    ),
]
Set = Annotated[list[str] | None, typer.Option("--set", help="A setting, as key.path=value; may be repeated.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document instead of text.")]
