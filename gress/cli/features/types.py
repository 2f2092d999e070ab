"""Output of `gress features types`: one type of feature, or a line for each."""

from __future__ import annotations

import inspect
from collections.abc import Sequence

from conf.yaml_text import flow_yaml
from gress.cli.console import print_json, print_line, print_table
from udfs.features.reference import FeatureReference


def print_types(references: Sequence[FeatureReference], *, is_json: bool) -> None:
    """Print a line for each type."""
    if is_json:
        print_json({"types": [{"type": each.type, "text": _first_line(each)} for each in references]})
        return
    print_table("", ("type", "what it computes"), [(each.type, _first_line(each)) for each in references])


def print_type(reference: FeatureReference, *, is_json: bool) -> None:
    """Print all about a type."""
    if is_json:
        print_json(reference)
        return
    print_line(f"{reference.type}: {inspect.cleandoc(reference.text)}\n")
    print_line(f"Nulls: {reference.null_rule}")
    print_line(f"Example: - {flow_yaml(dict(reference.example))}\n")
    rows = [(each.name, each.default, each.text) for each in reference.parameters]
    print_table("", ("parameter", "default", "meaning"), rows)
    columns = [(each.column, ", ".join(each.inputs), each.formula) for each in reference.columns]
    print_table("columns of the example", ("column", "inputs", "formula"), columns)


def _first_line(reference: FeatureReference) -> str:
    return reference.text.partition("\n")[0]
