"""A small job whose model reads a text and an identifier beside two features, and lines of its events."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from conf.loading.loader import settings_from
from conf.settings import Settings
from tests.support.raw_models import LARGEST, three_inputs_score

FIELDS = {
    "id": {"type": "long"},
    "at": {"type": "timestamp"},
    "card": {"type": "string"},
    "merchant": {"type": "string", "required": False},
    "user_id": {"type": "long", "required": False},
    "amount": {"type": "double"},
    "size": {"type": "double"},
}
SPECS = (
    {"name": "a", "type": "numerical", "source": "amount"},
    {"name": "b", "type": "numerical", "source": "size"},
)


def raw_settings(
    path: Path, *, specs: Any = SPECS, fields: Any = FIELDS, inference: dict[str, Any] | None = None, **ml: Any
) -> Settings:
    """Settings of the job with the model in a file."""
    model = {"name": "m", "version": "1.0.0", "type": "onnx", "path": str(path)}
    job = {
        "name": "j",
        "events": {"id": "id", "key": "card", "time": "at", "fields": fields},
        "features": {"name": "f", "specs": list(specs)},
        "inference": {"model_name": "m", "model_version": "1.0.0", **(inference or {})},
    }
    return settings_from({"ml": {"enabled": True, "models": [model], **ml}, "job": job})


def event(number: int, **changed: Any) -> dict[str, Any]:
    """An event; a value of None leaves the field out."""
    made = {
        "id": number,
        "at": 1_522_540_831_000 + number,
        "card": f"c{number % 3}",
        "merchant": ("acme", "b\u00fccher", "")[number % 3],
        "user_id": LARGEST - number,
        "amount": number / 8,
        "size": 2.0,
        **changed,
    }
    return {name: value for name, value in made.items() if value is not None}


def line(number: int, **changed: Any) -> str:
    """The event as a line of JSON."""
    return json.dumps(event(number, **changed))


def expected(events: list[dict[str, Any]]) -> np.ndarray:
    """The model's scores of events that have all fields."""
    matrix = np.array([[each["amount"], each["size"]] for each in events], dtype=np.float32)
    columns = {name: np.array([each[name] for each in events], dtype=object) for name in ("merchant", "user_id")}
    return three_inputs_score(matrix, columns["merchant"], columns["user_id"])
