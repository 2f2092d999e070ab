"""Options whose values Flink keeps to itself: those that the settings take from environment variables."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from conf.settings import Settings

_LOG = logging.getLogger("gress.runs")


def options_from_environment(settings: Settings) -> list[str]:
    """Return the keys of `execution.flink` whose values come from environment variables."""
    return sorted(str(path[2]) for path in settings.from_environment if path[:2] == ("execution", "flink"))


def hide_options(keys: Iterable[str]) -> None:
    """Let Flink put ``******`` in the place of some options' values, in its REST API and its logs.

    Flink does so for each key that has one of eleven words in it (``GlobalConfiguration.isSensitive``), and has no
    option for more. Call this before Flink reads the options. Where Flink cannot be told, a warning names the option.
    """
    from py4j.java_gateway import get_java_class
    from py4j.protocol import Py4JError
    from pyflink.java_gateway import get_gateway

    gateway = get_gateway()
    flink = gateway.jvm.org.apache.flink.configuration.GlobalConfiguration
    shown = [key for key in keys if not flink.isSensitive(key)]
    if not shown:
        return
    try:
        words = get_java_class(flink).getDeclaredField("SENSITIVE_KEYS")
        words.setAccessible(True)
        hidden = [*words.get(None), *(key.lower() for key in shown)]
        _set_constant(gateway, words, hidden)
    except Py4JError as error:
        _LOG.debug("Flink's list of sensitive keys: %s", error)
    for key in shown:
        if not flink.isSensitive(key):
            _LOG.warning("execution.flink.%s: its value is of a variable, and Flink's REST API shows it as it is", key)


def _set_constant(gateway: Any, field: Any, texts: list[str]) -> None:
    """Give a static final field of the JVM another array of texts, which reflection alone refuses."""
    from py4j.java_gateway import get_java_class

    array = gateway.new_array(gateway.jvm.java.lang.String, len(texts))
    for place, text in enumerate(texts):
        array[place] = text
    instance = get_java_class(gateway.jvm.sun.misc.Unsafe).getDeclaredField("theUnsafe")
    instance.setAccessible(True)
    unsafe = instance.get(None)
    unsafe.putObjectVolatile(unsafe.staticFieldBase(field), unsafe.staticFieldOffset(field), array)
