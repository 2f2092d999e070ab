"""SQL functions: models and feature sets of this package inside any query of Flink.

A query names them after their registration, by name or in SQL::

    CREATE TEMPORARY FUNCTION gress_predict AS 'udfs.sql.gress_predict' LANGUAGE PYTHON

Rules:
- ``sql_models`` says which model a name means and which columns it takes, before a query runs and when its rows come.
- ``functions`` are the adapters, and nothing else knows Flink. A name is loaded on first use, so this package costs
  nothing without Flink.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

FUNCTIONS = ("gress_predict", "gress_score", "gress_features")
"""Names of the functions, in SQL and in this module."""


def __getattr__(name: str) -> Any:
    if name in FUNCTIONS:
        return getattr(import_module("udfs.sql.functions"), name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
