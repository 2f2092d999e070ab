"""Records are the lines of the source, byte for byte."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import gress.dev.produce
from gress.dev.produce import ProduceRequest, produce


class Taking:
    """A producer that keeps what it is given."""

    def __init__(self) -> None:
        self.records: list[tuple[bytes | None, bytes]] = []

    def produce(self, topic: str, value: bytes, key: bytes | None, **_: Any) -> None:
        self.records.append((key, value))

    def poll(self, timeout: float) -> None:
        """Do nothing."""

    def flush(self) -> None:
        """Do nothing."""


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_text_of_files_arrives_as_it_was(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"id": 1, "card": "Käufer"}, {"id": 2, "card": "漢"}]
    path = tmp_path / f"a.{kind}"
    if kind == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    producer = Taking()
    monkeypatch.setattr(gress.dev.produce, "open_producer", lambda _: producer)
    sent = produce(ProduceRequest(str(path), "t", "localhost:1", key="card"), lambda _: None)
    assert sent.events == 2
    assert [key for key, _ in producer.records] == ["Käufer".encode(), "漢".encode()]
    assert [json.loads(value) for _, value in producer.records] == rows
