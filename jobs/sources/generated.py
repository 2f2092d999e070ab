"""Generated input, such as ``generator:days=40,customers=1000,seed=7``, instead of files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from conf.folders.whole_file import whole_file
from conf.nearest import suggest
from conf.settings import EventSettings
from jobs.errors import fail, refuse
from jobs.sources.transactions import GeneratorSettings, TransactionGenerator, write

GENERATOR = "generator:"
DEFAULTS = GeneratorSettings(customers=1_000, terminals=2_000, seed=1, radius=10.0, compromised_terminals=5e-4)
"""A small town, in which the windows fill and each pattern of fraud appears within the default days."""
DEFAULT_DAYS = 40
FIELDS = (
    "TRANSACTION_ID", "TX_DATETIME", "CUSTOMER_ID", "TERMINAL_ID", "TX_AMOUNT", "TX_FRAUD", "TX_FRAUD_SCENARIO"
)  # fmt: skip
"""Fields of a transaction."""
_SHOWN = 3

_OPTIONS: MappingProxyType[str, Callable[[str], Any]] = MappingProxyType(
    {
        "days": int,
        "customers": int,
        "terminals": int,
        "start": dt.date.fromisoformat,
        "seed": int,
        "radius": float,
        "drift": int,
    }
)


def parse_generator(text: str) -> tuple[int, GeneratorSettings]:
    """Return days and settings of a ``generator:`` input.

    Raises:
        JobError: an option is unknown or a value does not fit.
    """
    given: dict[str, Any] = {}
    for part in filter(None, text.removeprefix(GENERATOR).split(",")):
        name, _, value = part.partition("=")
        if name not in _OPTIONS:
            known = ", ".join(_OPTIONS)
            refuse(f"input {text}", f"options {known}", repr(name), suggest(name, list(_OPTIONS)))
        try:
            given[name] = _OPTIONS[name](value)
        except ValueError as error:
            fail(f"input {text}", f"{name}: {error}")
    days = given.pop("days", DEFAULT_DAYS)
    if days < 1:
        refuse(f"input {text}: days", "a whole number >= 1", days)
    try:
        return days, replace(DEFAULTS, **given)
    except ValueError as error:
        fail(f"input {text}", str(error))


def check_reads_transactions(text: str, events: EventSettings) -> None:
    """Refuse a job whose events are others: each transaction would be a dead letter.

    Raises:
        JobError: the text names fields that a transaction does not have.
    """
    required = {field.source or name for name, field in events.fields.items() if field.required}
    lacking = sorted(required.difference(FIELDS))
    if lacking:
        others = " and others" if len(lacking) > _SHOWN else ""
        got = f"one that needs {', '.join(lacking[:_SHOWN])}{others}"
        refuse(
            f"input {text.removesuffix(':')}",
            "a job that reads card transactions",
            got,
            "name the file of its events with --input",
        )


def generate(text: str, folder: Path) -> Path:
    """Write the transactions of a ``generator:`` input to ``input.jsonl`` in a folder, and return the file."""
    days, settings = parse_generator(text)
    path = folder / "input.jsonl"
    with whole_file(path) as part:
        write(part, TransactionGenerator(settings).days(days), "jsonl")
    return path
