"""Settings of a new job as YAML, with a comment where a newcomer asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from conf.events import FieldSettings
from conf.yaml_text import flow_yaml
from gress.new_job.choose_features import Spec
from gress.new_job.event_parts import EventParts

REGISTRY = "registry"
"""Folder of the model beside the settings, whose commands are run there."""

_NOTES_FROM = 32
_NOTES = {
    "id": "tells events apart",
    "key": "says which events belong together",
    "time": "the event time",
    "label": "the truth, where it is known; never a feature",
}


def job_yaml(
    name: str, fields: Mapping[str, FieldSettings], parts: EventParts, features: Sequence[Spec], *, has_alerts: bool
) -> str:
    """Return the settings of a job.

    Args:
        name: name of the job, of its features and of its model.
        fields: settings by column name.
        parts: columns of id, key, time and label.
        features: as ``job.features.specs``.
        has_alerts: the prediction is a chance, and over one half an alert.
    """
    threshold = [_noted("    alert_threshold: 0.5", "a score over it is an alert, too")] if has_alerts else []
    lines = [
        "# Run in this folder: gress run fraud-detection --config job.yaml --input sample.jsonl --output out",
        "ml:",
        "  enabled: true",
        _noted(f"  model_registry: {{base_path: {REGISTRY}}}", "a folder, or s3://, gs://, az://BUCKET/PREFIX"),
        "job:",
        f"  {_pair('name', name)}",
        "  events:",
        *(_noted(f"    {_pair(part, getattr(parts, part))}", note) for part, note in _NOTES.items()),
        _noted("    watermark_delay: 10s", "how far out of order events may come"),
        _noted("    fields:", "types: long, double, decimal, string, boolean, timestamp"),
        *(f"      {_pair(column, _tree(field))}" for column, field in fields.items()),
        _noted("  features:", "all types: gress features types"),
        f"    {_pair('name', name)}",
        "    specs:",
        *(line for spec in features for line in _spec(spec)),
        *_window(parts),
        "  inference:",
        _noted(f"    {_pair('model_name', name)}", "the version that is promoted; gress models history shows it"),
        *threshold,
        "execution:",
        _noted("  profile: throughput", "throughput | latency"),
    ]
    return "\n".join(lines) + "\n"


def _spec(spec: Spec) -> Iterator[str]:
    if spec["type"] == "temporal":
        yield "      # by the clock of UTC; another one with the parameter timezone: Europe/Paris"
    yield f"      - {flow_yaml(spec)}"


def _window(parts: EventParts) -> Iterator[str]:
    example = {"function": "count", "key": parts.key, "window": "1d"}
    yield "      # Flink counts what a key did before; the model has to be trained anew with it:"
    yield f"      # - {flow_yaml({'name': 'events_1d', 'type': 'aggregation', 'parameters': example})}"


def _noted(line: str, note: str) -> str:
    return f"{line.ljust(_NOTES_FROM)}    # {note}"


def _pair(name: str, value: object) -> str:
    """Return ``name: value`` as a line of YAML, each quoted where it has to be."""
    return flow_yaml({name: value})[1:-1]


def _tree(field: FieldSettings) -> dict[str, Any]:
    return field.model_dump(exclude_defaults=True, exclude_none=True)
