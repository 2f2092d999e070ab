"""Hook of mkdocs for each page: `<!-- table: NAME -->` becomes the table of that name."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from docs.tables import features, metrics, python_names, rows, settings

TABLES: dict[str, Callable[[], str]] = {
    "buckets": metrics.buckets,
    "dead-letter-reasons": rows.dead_letter_reasons,
    "comparison-row": rows.comparison_columns,
    "dead-letter-row": rows.dead_letter_columns,
    "example-fields": features.example_fields,
    "features": features.feature_types,
    "metrics": metrics.metrics,
    "prediction-row": rows.prediction_columns,
    "python-names": python_names.python_names,
    "settings": settings.settings,
}
# Readers without a built site see the sentence in italics before a place; the table replaces both.
_PLACE = re.compile(r"(?:\*[^*\n]+\* )?<!-- table: ([a-z-]+) -->")


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Fill in the tables of a page; a name that no table has fails the build."""
    return _PLACE.sub(lambda found: TABLES[found[1]](), markdown)
