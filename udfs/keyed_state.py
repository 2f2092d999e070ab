"""Keyed state of all keys of a task, which functions need when they open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyflink.datastream import RuntimeContext


def labels_with_state(runtime_context: RuntimeContext, names: Sequence[str], problem: str) -> Iterator[int]:
    """Yield the labels of this task's shards that have state, each the current key while it is used.

    PyFlink's functions can only reach the state of the current key, so ask Flink's state backend, which the context
    of thread mode holds.

    Args:
        runtime_context: context of the function that opens.
        names: names of its states.
        problem: error text if Python is not inside the JVM's process.

    Raises:
        RuntimeError: Python is not inside the JVM's process.
    """
    holder = getattr(runtime_context, "_keyed_state_backend", None)
    backend = getattr(holder, "_keyed_state_backend", None)
    if backend is None:
        raise RuntimeError(problem)
    from pyflink.fn_execution.embedded.state_impl import JVoidNamespace_INSTANCE

    seen = set()
    for name in names:
        keys = backend.getKeys(name, JVoidNamespace_INSTANCE).iterator()
        while keys.hasNext():
            key = keys.next()
            label = key.getField(0) if hasattr(key, "getField") else key[0]
            if label not in seen:
                seen.add(label)
                backend.setCurrentKey(key)
                yield label
