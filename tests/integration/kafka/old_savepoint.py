"""The job whose savepoint lies in tests/integration/data/savepoint: its events, topics and settings."""

from __future__ import annotations

import json
from pathlib import Path

from tests.integration.kafka.topics import Topics
from tests.support.crafted_input import CraftedInput
from tests.support.fraud_config import write_fraud_config

FOLDER = Path(__file__).resolve().parents[1] / "data" / "savepoint"
ROWS_BEFORE = 150
# Some rows of twelve days: a risk is known after seven.
_ROWS, _EVERY = 3_600, 12
CLOSING_ID = 2_000_000


def events() -> list[str]:
    """Return the events that are committed beside the savepoint."""
    path = FOLDER / "events.jsonl"
    if not path.exists():
        path.write_text("".join(f"{line}\n" for line in CraftedInput(_ROWS).good_lines()[::_EVERY]), encoding="utf-8")
    return path.read_text("utf-8").splitlines()


def closing(lines: list[str]) -> str:
    """Return an event of a later time, after which the windows know that those before it are complete."""
    later = {"TRANSACTION_ID": CLOSING_ID, "TX_DATETIME": "2018-06-01T00:00:00"}
    return json.dumps(json.loads(lines[-1]) | later)


def topics(servers: str, name: str) -> Topics:
    """Return the topics of a run; the source's state holds the name of what it reads."""
    return Topics(servers, f"savepoint-{name}", *(f"savepoint-{name}-{kind}" for kind in ("scores", "alerts", "dead")))


def write_config(folder: Path) -> Path:
    """Write the settings: windows, two tasks, the small model."""
    return write_fraud_config(folder)
