"""Conversion of YAML 1.2 text to builtins and back."""

from __future__ import annotations

import io
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

# A few lines of aliases can expand to billions of values.
_MOST_VALUES = 100_000
_DEEPEST = 50


def check_size(root: Node | None) -> None:
    """Refuse a composed YAML text that would fill the memory or the stack.

    Raises:
        RecursionError: an alias contains itself, entries are nested too deeply, or there are too many values.
    """
    if root is not None and _size(root, {}, 1) > _MOST_VALUES:
        message = f"more than {_MOST_VALUES} values"
        raise RecursionError(message)


def _size(node: Node, known: dict[int, int], depth: int) -> int:
    """Return the values below a node, each alias counted as often as it is used."""
    if depth > _DEEPEST:
        message = f"more than {_DEEPEST} levels"
        raise RecursionError(message)
    found = known.get(id(node))
    if found is None:
        found = known[id(node)] = 1 + sum(_size(each, known, depth + 1) for each in _entries(node))
    return found


def _entries(node: Node) -> list[Node]:
    if isinstance(node, MappingNode):
        return [each for pair in node.value for each in pair]
    return list(node.value) if isinstance(node, SequenceNode) else []


def safe_yaml() -> YAML:
    """Return a YAML 1.2 reader and writer of builtins only, the same with and without the C library."""
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.width = 10_000
    # An anchor may be used again, and the warning would print lines of the file, which may hold secrets.
    yaml.composer.warn_double_anchors = False
    return yaml


def parse_yaml(text: str) -> Any:
    """Return the value of a YAML text.

    Raises:
        ValueError: ``text`` is not YAML, or expands to too many values; the message quotes no part of it.
    """
    try:
        check_size(safe_yaml().compose(text))
        return safe_yaml().load(text)
    except (YAMLError, ValueError, RecursionError):
        message = "expected valid YAML"
        raise ValueError(message) from None


def write_yaml(tree: object) -> str:
    """Return builtins as block-style YAML, keys in their own order."""
    out = io.StringIO()
    safe_yaml().dump(tree, out)
    return out.getvalue()


def flow_yaml(tree: object) -> str:
    """Return builtins as YAML in one line, keys in their own order.

    Example:
        >>> flow_yaml({"min": 0, "clip": True, "fields": ["hour", "month"]})
        '{min: 0, clip: true, fields: [hour, month]}'
    """
    out = io.StringIO()
    yaml = safe_yaml()
    yaml.default_flow_style = True
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.dump(tree, out)
    return out.getvalue().removesuffix("...\n").strip()


def mark_of(error: YAMLError) -> str:
    """Return ``line L, column C`` of a YAML error; empty if unknown."""
    mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
    return f"line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""
