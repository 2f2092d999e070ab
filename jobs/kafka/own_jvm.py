"""Connections to PyFlink's JVM that only one user has.

Rules of this file:

- A connection is a thread of the JVM. PyFlink's own connections go to whoever asks next, so a second thread would take
  the JVM thread of the one that plans a job, where the planner keeps state.
- Jars that were added for a job are known to the class loader of the JVM thread that added them, so each use of
  Kafka's classes first gives this thread the same loader.
"""

from __future__ import annotations

from typing import Any

from jobs.kafka.admin import shaded_kafka


def items(collection: Any) -> list[Any]:
    """Return the items of a Java collection.

    An iterator of Java signals its end with an exception, which PyFlink translates over its own connections, whichever
    thread asks: see the first rule.
    """
    found = collection.toArray()
    return [found[place] for place in range(len(found))]


class OwnJvm:
    """PyFlink's JVM over connections of one's own, with the classes that the calling thread knows."""

    def __init__(self) -> None:
        from pyflink.java_gateway import get_gateway

        shared = get_gateway()
        self._loader = shared.jvm.java.lang.Thread.currentThread().getContextClassLoader()
        self._gateway = type(shared)(gateway_parameters=shared.gateway_parameters)

    @property
    def java(self) -> Any:
        """The package `java`."""
        return self._gateway.jvm.java

    @property
    def kafka(self) -> Any:
        """The package of Kafka's classes in the connector's jar."""
        self.java.lang.Thread.currentThread().setContextClassLoader(self._loader)
        return shaded_kafka(self._gateway.jvm)

    def close(self) -> None:
        """End the connections."""
        self._gateway.close()
