"""Bounds of a soak: each row comes out once, and nothing grows by more than the error of its measurement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.soak.slope import Slope

_SURE = 2.0


@dataclass(frozen=True)
class Bounds:
    """Bounds of a soak.

    Attributes:
        mib_per_hour: growth of a kind of process's memory, or of its objects in use.
        files_per_hour: growth of its open files.
    """

    mib_per_hour: float = 60.0
    files_per_hour: float = 10.0

    def of(self, quantity: str) -> float:
        """Return the bound of a quantity's growth."""
        return self.files_per_hour if quantity == "open_files" else self.mib_per_hour


def broken(
    figures: Mapping[str, Any], slopes: Mapping[tuple[str, str], Slope | None], bounds: Bounds = Bounds()
) -> list[str]:
    """Return a line for each bound that is broken.

    Growth breaks its bound if it is beyond it by two standard errors.

    Args:
        figures: those of a soak.
        slopes: trends by kind of process and quantity; None: there were too few samples to tell.
        bounds: of the trends.
    """
    lines = [f"{name}: expected 0, got {figures[name]}" for name in ("lost", "surplus", "misplaced") if figures[name]]
    kinds = ("versions_unserved", "versions_served_in_error")
    lines += [f"{name}: expected none, got {', '.join(figures[name])}" for name in kinds if figures[name]]
    if figures["rows_taken"] != figures["rows_sent"]:
        lines.append(f"rows_taken: expected {figures['rows_sent']}, got {figures['rows_taken']}")
    answers, failures = figures["scrapes"], figures["scrapes_failed"]
    if answers <= failures:
        lines.append(f"scrapes: expected most to have an answer, got {answers}, and {failures} without")
    for (kind, quantity), slope in slopes.items():
        most = bounds.of(quantity)
        if slope is not None and slope.per_hour - _SURE * slope.error > most:
            grown = f"{slope.per_hour:.1f} +- {slope.error:.1f}"
            lines.append(f"{quantity} of {kind}: expected growth of at most {most:g} an hour, got {grown}")
    return lines
