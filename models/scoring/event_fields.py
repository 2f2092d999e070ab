"""The fields of a job's events, as far as models need to know them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class EventFields:
    """The fields of a job's events.

    Attributes:
        types: type of each field: long, double, decimal, string, boolean or timestamp.
        left_out: fields that do not reach the model.
        units: unit of the numbers of each timestamp whose settings have one: s, ms, us, ns, or iso for none.
    """

    types: Mapping[str, str] = field(default_factory=dict)
    left_out: frozenset[str] = frozenset()
    units: Mapping[str, str] = field(default_factory=dict)
