"""Card transactions scored by a model that learns from frauds as they become known, and replaces itself.

lines ── parse ──► windows ──► features ──► model ──► predictions, alerts
                                              ▲  └─ outcomes, a week later ──► learn ──► progress
                                              └──────── registry ◄── new versions ──┘
"""

from __future__ import annotations

from jobs.scoring_job import build

__all__ = ["build"]
