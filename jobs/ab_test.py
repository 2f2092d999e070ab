"""Card transactions scored by two versions of a model: a test between them, with shadows and a verdict.

lines ── parse ──► windows ──► features ──► variant of the card ──► predictions, alerts
                                              ├─ the other variant ──► comparisons
                                              └─ outcomes by card ──► verdicts
"""

from __future__ import annotations

from jobs.scoring_job import build

__all__ = ["build"]
