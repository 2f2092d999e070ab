"""Figures held against bounds."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any


def exceeded(figures: Mapping[str, Any], bounds: Mapping[str, float]) -> int:
    """Print a line about the figures that are above their bounds, and return the exit code: 1 if there is one."""
    above = {name: most for name, most in bounds.items() if figures[name] > most}
    broken = [f"{name}: expected at most {most}, got {figures[name]}" for name, most in above.items()]
    if broken:
        sys.stderr.write(f"{'; '.join(broken)}\n")
    return 1 if broken else 0
