"""Last step of rows on their way to the dead letters: their lines become text, and they are counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conf.settings import MetricsSettings
from state.sql import SqlColumns
from udfs.columns.scatter import VALUE_COLUMNS, value_columns
from udfs.dead_letters import stage_of
from udfs.functions.parse_lines import LINE
from udfs.functions.vector_function import Columns
from udfs.metrics.exporter import export_metrics
from udfs.metrics.pending import PendingMetrics
from udfs.metrics.ticker import TICKER

_REASON: SqlColumns = (("__dead_letter_reason", "STRING"),)


@dataclass
class CountDeadLetters:
    """A function that passes reasons on unchanged with the text of the lines, and counts the rows if metrics are on.

    Attributes:
        job: name of the job.
        metrics: port and sampling of metrics.
    """

    job: str
    metrics: MetricsSettings

    @property
    def inputs(self) -> SqlColumns:
        """The reason and the line."""
        return *_REASON, *LINE

    @property
    def outputs(self) -> SqlColumns:
        """The reason again, then the line as text."""
        return *_REASON, *VALUE_COLUMNS

    def open(self) -> None:
        """Start to write the counts."""
        self._pending = PendingMetrics(self.job)
        if self.metrics.port:
            export_metrics(self.job, self.metrics)
            TICKER.add(self._pending.flush)

    def run(self, columns: Columns) -> Mapping[str, Any]:
        """Count a batch."""
        reasons = columns["__dead_letter_reason"]
        if self.metrics.port:
            with self._pending.lock:
                for reason, rows in Counter(reasons.tolist()).items():
                    self._pending.counter("dead_letters_total", stage_of(reason), reason).add(rows)
        return {"__dead_letter_reason": reasons, **value_columns(range(len(reasons)), columns["__line"].tolist())}

    def close(self) -> None:
        """Write the remaining counts."""
        if self.metrics.port:
            TICKER.remove(self._pending.flush)
            self._pending.flush()
