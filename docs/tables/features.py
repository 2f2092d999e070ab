"""Every feature type, from the table of transforms."""

from __future__ import annotations

from docs.tables.markdown import code, flow, prose, table
from udfs.features.reference import EXAMPLE_FIELDS, FeatureReference, feature_references


def feature_types() -> str:
    """Return a section for each type, after one with all of them in a line each."""
    references = feature_references()
    overview = table(
        ("type", "what it computes", "null rule"),
        [(f"[{each.type}](#{each.type})", _first_line(each), prose(each.null_rule)) for each in references],
    )
    return "\n".join([overview, *map(_section, references)])


def example_fields() -> str:
    """Return the fields of the event that the examples read."""
    return ", ".join(f"`{name}` ({field['type']})" for name, field in EXAMPLE_FIELDS.items())


def _first_line(reference: FeatureReference) -> str:
    return prose(reference.text.partition("\n\n")[0])


def _section(reference: FeatureReference) -> str:
    parameters = table(
        ("parameter", "default", "meaning"),
        [(code(each.name), each.default, prose(each.text)) for each in reference.parameters],
    )
    return "\n".join(
        [
            f"### {reference.type} {{#{reference.type}}}\n",
            prose(reference.text) + "\n",
            f"**Null rule:** {prose(reference.null_rule)}\n",
            parameters if reference.parameters else "It has no parameters.\n",
            f"```yaml\n- {flow(reference.example)}\n```\n",
            table(("column", "formula"), [(code(each.column), code(each.formula)) for each in reference.columns]),
        ]
    )
