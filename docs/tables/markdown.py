"""Markdown of tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; texts are one line each, and a bar inside of one does not end its cell."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines) + "\n"


def code(text: str) -> str:
    """Return a text as code; empty for an empty one."""
    return f"`{text}`" if text else ""


def prose(docstring: str) -> str:
    """Return a docstring's text as Markdown: double backticks become single ones."""
    return docstring.replace("``", "`")


def flow(value: object) -> str:
    """Return a value as YAML in one line, keys in their own order.

    Example:
        >>> flow({"min": 0, "clip": True, "fields": ["hour", "month"]})
        '{min: 0, clip: true, fields: [hour, month]}'
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(flow, value)) + "]"
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
