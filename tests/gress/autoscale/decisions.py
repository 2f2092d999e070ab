"""Decisions of tests."""

from __future__ import annotations

from gress.autoscale.decision import Decision, Load

CALM = Decision(
    "hold",
    "calm",
    "'work' needs 60% of its time",
    {"a": 1, "b": 2},
    {"a": 1, "b": 2},
    {"b": Load("work", 2, 120.0, 100.0, 0.6)},
    5.0,
)
UP = Decision(
    "up",
    "load",
    "'work' needs 150% of its time",
    {"a": 1, "b": 2},
    {"a": 1, "b": 5},
    {"a": Load("read", 1, 300.0, None, 0.0), "b": Load("work", 2, 300.0, 100.0, 1.5)},
    70.0,
)
STARTING = Decision("hold", "starting", "the job is RESTARTING", {"a": 1, "b": 5}, {"a": 1, "b": 5})
AWAY = Decision("hold", "cluster", 'cluster x: said "no"')
