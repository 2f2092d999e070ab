"""Every metric, from the catalogue."""

from __future__ import annotations

from docs.tables.markdown import code, table
from udfs.metrics.catalogue import METRICS, PREFIX


def metrics() -> str:
    """Return name, kind, labels, meaning and advice of each metric."""
    rows = [
        (code(PREFIX + name), f"{each.kind}<br>{', '.join(map(code, each.labels))}", f"{each.text}<br>*{each.advice}*")
        for name, each in METRICS.items()
    ]
    return table(("metric", "kind, labels", "what it counts; what to do when it moves"), rows)


def buckets() -> str:
    """Return the upper bounds of each histogram."""
    rows = [
        (code(PREFIX + name), ", ".join(f"{bound:g}" for bound in each.buckets))
        for name, each in METRICS.items()
        if each.kind == "histogram"
    ]
    return table(("histogram", "upper bounds"), rows)
