"""Input of jobs: the first rows of a shipped sample, and generated transactions in many files."""

from __future__ import annotations

import gzip
import json
from itertools import islice
from pathlib import Path
from typing import Any

from jobs.catalogue import sample_input
from jobs.sources.transactions import GeneratorSettings, TransactionGenerator, write


def first_rows(job: str, rows: int) -> list[dict[str, Any]]:
    """Return the first events of the sample of a shipped job."""
    path = sample_input(job)
    assert path is not None
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in islice(lines, rows)]


def write_files(folder: Path, *, customers: int, files: int, events_a_file: int) -> Path:
    """Write transactions into as many files of a new folder ``events``, in the order of their names, and return it."""
    whole, events = folder / "whole.jsonl", folder / "events"
    write(whole, TransactionGenerator(GeneratorSettings(customers=customers)).batches(files * events_a_file))
    lines = whole.read_bytes().splitlines(keepends=True)
    events.mkdir()
    for number in range(files):
        part = lines[number * events_a_file : (number + 1) * events_a_file]
        (events / f"{number:03}.jsonl").write_bytes(b"".join(part))
    return events
