"""Options of a session of Flink's tools, and the statements that it begins with."""

from __future__ import annotations

from collections.abc import Mapping

from gress.sql.session import connector_jars
from gress.sql.session_options import SessionOptions
from jobs.flink.file_urls import file_url
from udfs.sql import FUNCTIONS


def session_options(session: SessionOptions) -> dict[str, str]:
    """Return Flink's options of a session: jobs run in a mini-cluster of the tool, as those of ``gress sql`` do."""
    extra = {
        "execution.target": "local",
        "pipeline.global-job-parameters": map_option(session.parameters or {}),
    }
    jars = connector_jars()
    if jars:
        extra["pipeline.jars"] = ";".join(map(file_url, jars))
    return session.flink_options(extra)


def map_option(values: Mapping[str, str]) -> str:
    """Return a map as Flink writes it in one option, whatever characters it has.

    >>> print(map_option({"gress.registry": "s3://models", "a": "b,c"}))
    'gress.registry:"s3://models"','a:"b,c"'
    """
    entries = (key + ":" + _quoted(value, '"') for key, value in values.items())
    return ",".join(_quoted(entry, "'") for entry in entries)


def registrations() -> str:
    """Return the statements that register the functions of this package.

    >>> registrations().splitlines()[0]
    "CREATE TEMPORARY SYSTEM FUNCTION gress_predict AS 'udfs.sql.gress_predict' LANGUAGE PYTHON;"
    """
    return "".join(
        f"CREATE TEMPORARY SYSTEM FUNCTION {name} AS 'udfs.sql.{name}' LANGUAGE PYTHON;\n" for name in FUNCTIONS
    )


def _quoted(text: str, mark: str) -> str:
    return f"{mark}{text.replace(mark, mark * 2)}{mark}"
