"""Options of Flink that a session sets, each read once before it counts."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

_FLINK = "org.apache.flink"
_HOLDERS = (
    ("execution.checkpointing.", f"{_FLINK}.configuration.CheckpointingOptions"),
    ("execution.batch.", f"{_FLINK}.configuration.BatchExecutionOptions"),
    ("execution.", f"{_FLINK}.configuration.ExecutionOptions"),
    ("parallelism.", f"{_FLINK}.configuration.CoreOptions"),
    ("pipeline.", f"{_FLINK}.configuration.PipelineOptions"),
    ("restart-strategy.", f"{_FLINK}.configuration.RestartStrategyOptions"),
    ("table.exec.", f"{_FLINK}.table.api.config.ExecutionConfigOptions"),
    ("table.optimizer.", f"{_FLINK}.table.api.config.OptimizerConfigOptions"),
    ("table.", f"{_FLINK}.table.api.config.TableConfigOptions"),
    ("python.", f"{_FLINK}.python.PythonOptions"),
)
"""Beginnings of keys, and the classes that declare such options."""


def check_value(key: str, value: str) -> None:
    """Let Flink read the value of an option, if it is one that queries have; others are not read here.

    Raises:
        Py4JJavaError: the value is of another type.
    """
    from pyflink.java_gateway import get_gateway

    option = _option(key)
    if option is not None:
        configuration = get_gateway().jvm.org.apache.flink.configuration.Configuration()
        configuration.setString(key, value)
        configuration.get(option)


@cache
def _option(key: str) -> Any:
    """Return the declaration of an option; None: none of the classes has it."""
    holders = [name for start, name in _HOLDERS if key.startswith(start)]
    return next((each for name in holders for each in _declared(name) if each.key() == key), None)


def _declared(holder: str) -> Iterator[Any]:
    from pyflink.java_gateway import get_gateway

    jvm = get_gateway().jvm
    found = jvm.java.lang.Class.forName(holder, True, jvm.Thread.currentThread().getContextClassLoader())
    for each in found.getFields():
        if each.getType().getSimpleName() == "ConfigOption":
            yield each.get(None)
