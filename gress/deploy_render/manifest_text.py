"""Text of Kubernetes objects: YAML that people read, the same bytes for the same objects."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any

Object = Mapping[str, Any]
"""A Kubernetes object as builtins."""

MARK = "# Made by `gress deploy render`"
"""Begin of every file that a render may replace."""

_WORD = re.compile(r"[A-Za-z]([\w./:@-]*[\w/])?", re.ASCII)
# Kubernetes reads YAML 1.1, where these are no texts.
_BOOLEANS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}


def manifest_text(*documents: Object, note: str = "") -> str:
    r"""Return objects as one YAML text, with the mark as its first line.

    Args:
        documents: the objects, in their order; of their keys, too.
        note: text for readers, written as comments line by line.

    >>> print(manifest_text({"kind": "Pod", "data": {"job.yaml": "a: 1\nb: 2\n"}}, note="One pod."), end="")
    # Made by `gress deploy render`.
    # One pod.
    kind: Pod
    data:
      job.yaml: |
        a: 1
        b: 2
    """
    head = [f"{MARK}.", *(f"# {line}" for line in note.splitlines())]
    return "\n".join(head) + "\n" + "---\n".join(map(plain_yaml, documents))


def plain_yaml(node: object) -> str:
    """Return builtins as block-style YAML, keys in their own order, texts of several lines as blocks."""
    from ruamel.yaml import YAML

    writer = YAML()
    writer.default_flow_style = False
    # Do not fold long texts, which people read as one line.
    writer.width = 4096
    out = StringIO()
    writer.dump(_readable(node), out)
    return out.getvalue()


def _readable(node: Any) -> Any:
    """Return a node whose texts of several lines are blocks, where YAML can write them so."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

    if isinstance(node, Mapping):
        return {key: _readable(value) for key, value in node.items()}
    if isinstance(node, Sequence) and not isinstance(node, str):
        return [_readable(value) for value in node]
    if not isinstance(node, str):
        return node
    if "\n" in node and _is_plain(node):
        return LiteralScalarString(node)
    return node if _is_word(node) else DoubleQuotedScalarString(node)


def _is_plain(text: str) -> bool:
    lines = text.split("\n")
    is_block = lines[0] != "" and not lines[0].startswith(" ") and all(line == line.rstrip() for line in lines)
    return is_block and text.replace("\n", "").isprintable() and not text.endswith("\n\n")


def _is_word(text: str) -> bool:
    """Return whether a text needs no quotes in any version of YAML."""
    return _WORD.fullmatch(text) is not None and text.lower() not in _BOOLEANS
