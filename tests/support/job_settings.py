"""Fields and features of a small job, for tests of what its operators compute."""

from __future__ import annotations

from collections.abc import Callable

from conf.settings import Settings

MakeSettings = Callable[..., Settings]

FIELDS = {
    "id": {"type": "long"},
    "at": {"type": "timestamp"},
    "card": {"type": "string"},
    "amount": {"type": "decimal", "scale": 2, "min": 0},
    "size": {"type": "double", "required": False},
    "is_new": {"type": "boolean", "required": False},
}
SPECS = (
    {"name": "amount", "type": "numerical", "source": "amount"},
    {"name": "size", "type": "numerical", "source": "size", "parameters": {"default": 0}},
    {
        "name": "per_size",
        "type": "ratio",
        "parameters": {"numerator": "amount", "denominator": "size", "default": 0},
    },
)
