"""A filter of parts that counts their rows, for ``label_job``."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from pyflink.datastream import FilterFunction

from udfs.labels.label_parts import OUTCOMES

if TYPE_CHECKING:
    from pyflink.common import Row
    from pyflink.datastream import RuntimeContext

COUNTS = ".counts.json"
_ROWS = slice(1, 5)  # of a part: after the version of its format


class CountParts(FilterFunction):  # type: ignore[misc]
    """A filter that lets no part pass, and writes how many rows it saw of each outcome when it closes.

    Args:
        outcome: of all parts; None: parts are of the main output, and end with the outcome of their rows.
        folder: folder to write to.
    """

    def __init__(self, outcome: str | None, folder: Path) -> None:
        self._outcome, self._folder = outcome, folder

    def open(self, runtime_context: RuntimeContext) -> None:
        """Begin to count."""
        self._found, self._target = Counter[str](), self._folder / f"{uuid4().hex}{COUNTS}"

    def filter(self, value: Row) -> bool:
        """Count the rows of a part."""
        data = bytes(value[1])
        outcome = self._outcome or next(name for name in OUTCOMES if data.endswith(name.encode()))
        self._found[outcome] += int.from_bytes(data[_ROWS], "little")
        return False

    def close(self) -> None:
        """Write the numbers of rows."""
        self._target.write_text(json.dumps(self._found), encoding="utf-8")
