from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from models.training.event_file import write_events

ROWS = [{"id": 1, "text": "Grüße 😀"}, {"id": 2, "text": "a\nb"}]


@pytest.mark.parametrize("name", ["events.jsonl", "events.jsonl.gz"])
def test_events_are_a_line_each(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    write_events(iter(ROWS), path)
    content = path.read_bytes()
    lines = (gzip.decompress(content) if name.endswith(".gz") else content).decode().splitlines()
    assert [json.loads(line) for line in lines] == ROWS


def test_equal_events_give_an_equal_file(tmp_path: Path) -> None:
    first, second = tmp_path / "a.jsonl.gz", tmp_path / "b.jsonl.gz"
    write_events(ROWS, first)
    write_events(ROWS, second)
    assert first.read_bytes() == second.read_bytes()
