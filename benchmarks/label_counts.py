"""A filter of parts that counts their rows, for ``label_job``."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from pyflink.datastream import FilterFunction

from state.sql import SqlColumns
from udfs.windows.parts import PartFormat
from udfs.windows.texts import Texts

if TYPE_CHECKING:
    from pyflink.common import Row
    from pyflink.datastream import RuntimeContext

COUNTS = ".counts.json"


class CountParts(FilterFunction):  # type: ignore[misc]
    """A filter that lets no part pass, and writes how many rows it saw of each outcome when it closes.

    Args:
        outcome: of all parts; None: parts are of the main output, and tell.
        columns: columns of a part.
        folder: folder to write to.
    """

    def __init__(self, outcome: str | None, columns: SqlColumns, folder: Path) -> None:
        self._outcome, self._columns, self._folder = outcome, columns, folder

    def open(self, runtime_context: RuntimeContext) -> None:
        """Begin to count."""
        self._format, self._found = PartFormat(self._columns), Counter[str]()
        self._target = self._folder / f"{uuid4().hex}{COUNTS}"

    def filter(self, value: Row) -> bool:
        """Count the rows of a part, all of which have one outcome."""
        block = self._format.decode(bytes(value[1]))
        outcome = self._outcome
        if outcome is None:
            outcomes = block["__outcome"]
            assert isinstance(outcomes, Texts)
            outcome = outcomes.part(0, 1).tolist()[0]
        self._found[outcome] += len(block)
        return False

    def close(self) -> None:
        """Write the numbers of rows."""
        self._target.write_text(json.dumps(self._found), encoding="utf-8")
