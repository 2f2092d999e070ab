"""Every public Python name, from the package."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import gress
from docs.tables.markdown import code, prose, table

# A value has no docstring that a program could read.
_VALUES = MappingProxyType({"DEAD_LETTERS": "Side output of a scored stream with the rows that have no prediction."})


def python_names() -> str:
    """Return each class and function of ``gress``, with arguments and the first line of its docstring."""
    found = {name: getattr(gress, name) for name in gress.__all__}
    rows = [
        (code(_call(name, value)), _meaning(value)) if callable(value) else (code(name), _VALUES[name])
        for name, value in found.items()
        if name != "__version__"
    ]
    return table(("name", "meaning"), rows)


class _Words:
    """A default that is shown as these words."""

    def __init__(self, words: str) -> None:
        self._words = words

    def __repr__(self) -> str:
        return self._words


def _call(name: str, value: Callable[..., Any]) -> str:
    """Return a function with its arguments and their defaults, a class by its name alone."""
    if inspect.isclass(value):
        return name
    signature = inspect.signature(value)
    arguments = [_bare(argument) for argument in signature.parameters.values()]
    return name + str(signature.replace(parameters=arguments, return_annotation=inspect.Signature.empty))


def _bare(argument: inspect.Parameter) -> inspect.Parameter:
    """Return an argument without its type; a function as default is shown by its name."""
    default = argument.default
    is_function = inspect.isfunction(default)
    shown = _Words(default.__name__) if is_function else default
    return argument.replace(annotation=inspect.Parameter.empty, default=shown)


def _meaning(value: object) -> str:
    return prose((inspect.getdoc(value) or "").partition("\n\n")[0])
