"""Line formats: how lines become raw columns.

A line never affects another: whatever a batch holds, each line yields what it yields alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from udfs.parsing.batch import RawBatch
from udfs.parsing.csv_lines import CsvLines
from udfs.parsing.json_lines import JsonLines

__all__ = ["CsvLines", "JsonLines", "LineFormat"]


class LineFormat(Protocol):
    """Takes lines of one format apart and types what it finds."""

    def read(self, lines: Sequence[str]) -> RawBatch:
        """Return a column per field, one value per well-formed line, and the problems of the other lines."""
        ...
