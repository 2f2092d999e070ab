"""SQL functions: models and feature sets of this package inside any query of Flink.

A query names them after their registration, by name or in SQL::

    CREATE TEMPORARY FUNCTION gress_predict AS 'udfs.sql.gress_predict' LANGUAGE PYTHON

Rules:
- ``sql_models`` says which model a name means and which columns it takes, before a query runs and when its rows come.
- ``functions`` are the adapters, and nothing else here knows Flink; ``udfs.sql_aggregates`` has those of gathered rows,
  and ``udfs.explanations`` that of contributions.
- A name is loaded on first use, so this package costs nothing without Flink.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_ROOMS = {
    "gress_predict": "udfs.sql.functions",
    "gress_score": "udfs.sql.functions",
    "gress_features": "udfs.sql.functions",
    "gress_evaluate": "udfs.sql_aggregates.functions",
    "gress_drift": "udfs.sql_aggregates.functions",
    "gress_explain": "udfs.explanations.functions",
}
FUNCTIONS = tuple(_ROOMS)
"""Names of the functions, in SQL and in this module."""


def __getattr__(name: str) -> Any:
    if name in FUNCTIONS:
        return getattr(import_module(_ROOMS[name]), name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
