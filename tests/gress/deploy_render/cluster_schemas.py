"""The schemas of Kubernetes and of the operators, strict: a key that they do not know is a problem."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

SCHEMAS = Path(__file__).parent / "schemas"


@cache
def documents(text: str) -> tuple[Any, ...]:
    """Return the objects of a YAML text, which nobody may change."""
    return tuple(YAML(typ="safe", pure=True).load_all(text))


def problems(document: dict[str, Any]) -> list[str]:
    """Return what a cluster would refuse or ignore of an object."""
    return [f"{error.json_path}: {error.message}" for error in _validator(document["kind"]).iter_errors(document)]


def operator_options() -> set[str]:
    """Return the options that the operator's reference lists."""
    return set((SCHEMAS / "operator_options.txt").read_text(encoding="utf-8").split())


def texts_of(node: Any) -> Iterator[str]:
    """Yield every text in an object, keys too."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield str(key)
            yield from texts_of(value)
    elif isinstance(node, list):
        for value in node:
            yield from texts_of(value)
    elif isinstance(node, str):
        yield node


@cache
def _validator(kind: str) -> Draft202012Validator:
    path = SCHEMAS / f"{kind}.json"
    if path.is_file():
        return Draft202012Validator(json.loads(path.read_text(encoding="utf-8")))
    every = json.loads((SCHEMAS / "kubernetes.json").read_text(encoding="utf-8"))
    return Draft202012Validator({"$ref": f"#/$defs/{every['kinds'][kind]}", "$defs": every["$defs"]})
