"""Errors of the engine."""

from __future__ import annotations

from state.sliding.rows import Rows


class LateRowsError(ValueError):
    """Rows that came at or before a watermark whose rows have been answered; they would change earlier answers."""

    def __init__(self, rows: Rows, watermark: int, where: str) -> None:
        late = rows.times[rows.times <= watermark]
        super().__init__(
            f"{where}: expected rows later than the watermark {watermark}, got {len(late)} at or before it, "
            f"the earliest at {int(late.min())}; judge late rows before the windows"
        )


class StateError(ValueError):
    """Saved state that this engine cannot read."""
