"""Health as `gress health` shows it."""

from __future__ import annotations

from gress.cli.console import print_json, print_line, print_table
from gress.health.examine import Health
from gress.health.server import health_document


def print_health(health: Health, *, is_json: bool) -> None:
    """Print what was looked at, worst state first."""
    if is_json:
        print_json(health_document(health))
        return
    print_line(f"{health.cluster}: {health.state}")
    rows = [(check.job or "cluster", check.name, check.state, check.detail) for check in health.checks]
    print_table("", ("of", "check", "state", "found"), rows)
