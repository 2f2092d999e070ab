"""Line formats, which turn lines into raw columns.

Lines are bytes, as they came; the format finds out whether they are text. A line never affects another: each line of
a batch yields the same values as alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from udfs.parsing.batch import RawBatch
from udfs.parsing.csv_lines import CsvLines
from udfs.parsing.json_lines import JsonLines

__all__ = ["CsvLines", "JsonLines", "LineFormat"]


class LineFormat(Protocol):
    """A reader of lines of one format."""

    def read(self, lines: Sequence[bytes | None]) -> RawBatch:
        """Return a column per field, one value per well-formed line, and the problems of the other lines."""
        ...
