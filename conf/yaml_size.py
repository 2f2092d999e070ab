"""The size of a YAML text once its aliases are filled in: a few lines of them can stand for billions of values."""

from __future__ import annotations

from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

MOST_VALUES = 100_000
DEEPEST = 50


def check_size(root: Node | None) -> None:
    """Refuse a composed YAML text that would fill the memory or the stack.

    Raises:
        RecursionError: an alias contains itself, entries are nested too deeply, or there are too many values.
    """
    if root is not None and _size(root, {}, 1) > MOST_VALUES:
        message = f"more than {MOST_VALUES} values"
        raise RecursionError(message)


def _size(node: Node, known: dict[int, int], depth: int) -> int:
    """Return the values below a node, each alias counted as often as it is used."""
    if depth > DEEPEST:
        message = f"more than {DEEPEST} levels"
        raise RecursionError(message)
    found = known.get(id(node))
    if found is None:
        found = known[id(node)] = 1 + sum(_size(each, known, depth + 1) for each in _entries(node))
    return found


def _entries(node: Node) -> list[Node]:
    if isinstance(node, MappingNode):
        return [each for pair in node.value for each in pair]
    return list(node.value) if isinstance(node, SequenceNode) else []
