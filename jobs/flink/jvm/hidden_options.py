"""Options whose values Flink keeps to itself: those that the settings take from environment variables."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from conf.settings import Settings

_LOG = logging.getLogger("gress.runs")
_PLACES = 16
# No key has it.
_FREE = "\0"


def options_from_environment(settings: Settings) -> list[str]:
    """Return the keys of `execution.flink` whose values come from environment variables."""
    return sorted(str(path[2]) for path in settings.from_environment if path[:2] == ("execution", "flink"))


def hide_options(keys: Sequence[str]) -> None:
    """Let Flink put ``******`` in the place of some options' values, in its REST API and its logs.

    Flink does so for each key that has one of eleven words in it (``GlobalConfiguration.isSensitive``), and has no
    option for more. Call this before Flink reads the options, and as soon as the JVM runs, also without a key: the JVM
    compiles the list into code that is used often, and what comes later must find free places in it. Where Flink cannot
    be told, a warning names the option.
    """
    from py4j.protocol import Py4JError
    from pyflink.java_gateway import get_gateway

    gateway = get_gateway()
    flink = gateway.jvm.org.apache.flink.configuration.GlobalConfiguration
    try:
        words = _words(gateway, flink)
        free = (place for place, word in enumerate(words) if word == _FREE)
        for key in keys:
            if not flink.isSensitive(key):
                words[next(free)] = key.lower()
    except (Py4JError, StopIteration) as error:
        _LOG.debug("Flink's list of sensitive keys: %s", error)
    for key in keys:
        if not flink.isSensitive(key):
            _LOG.warning("execution.flink.%s: its value is of a variable, and Flink's REST API shows it as it is", key)


def _words(gateway: Any, flink: Any) -> Any:
    """Return Flink's list, an array that has free places after the first call."""
    from py4j.java_gateway import get_java_class

    field = get_java_class(flink).getDeclaredField("SENSITIVE_KEYS")
    field.setAccessible(True)
    words = field.get(None)
    if len(words) > _PLACES:
        return words
    texts = [*words, *[_FREE] * _PLACES]
    array = gateway.new_array(gateway.jvm.java.lang.String, len(texts))
    for place, text in enumerate(texts):
        array[place] = text
    _set_constant(gateway, field, array)
    return array


def _set_constant(gateway: Any, field: Any, value: Any) -> None:
    """Give a static final field of the JVM another value, which reflection alone refuses."""
    from py4j.java_gateway import get_java_class

    instance = get_java_class(gateway.jvm.sun.misc.Unsafe).getDeclaredField("theUnsafe")
    instance.setAccessible(True)
    unsafe = instance.get(None)
    unsafe.putObjectVolatile(unsafe.staticFieldBase(field), unsafe.staticFieldOffset(field), value)
