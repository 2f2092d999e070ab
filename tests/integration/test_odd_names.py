"""Names and texts with blanks, quotes and line breaks: they are kept as they are in events and feature sets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from jobs.runs.export import export_features
from jobs.runs.prepare import RunRequest
from tests.support.job_runs import write_config

KEY, AMOUNT, COUNTRY = "the 'customer' `x`", "my amount", 'co"un'
TEXT = 'a \'b\r\n\n"c",\rd\u2028'
CATEGORIES = ("D E", "F'R", "P`L", 'q"x', "ü-1")


def tree() -> dict[str, Any]:
    fields = {
        "order": {"type": "long"},
        "time": {"type": "timestamp"},
        "customer": {"type": "string", "source": KEY},
        "amount": {"type": "double", "source": AMOUNT},
        "country": {"type": "string", "source": COUNTRY, "required": False},
    }
    window = {"function": "count", "key": "customer", "window": "7d"}
    specs = [
        {"name": "amount", "type": "numerical"},
        {"name": "country", "type": "onehot", "parameters": {"categories": list(CATEGORIES)}},
        {"name": "orders_7d", "type": "aggregation", "parameters": window},
    ]
    job = {
        "name": "names",
        "events": {"id": "order", "key": "customer", "time": "time", "fields": fields},
        "features": {"name": "a b/`c` 'd' \"e\"", "specs": specs},
        "inference": {"model_name": "m"},
    }
    return {"ml": {"enabled": True}, "job": job}


def test_odd_names_reach_the_features(tmp_path: Path) -> None:
    rows = [
        {"order": n, "time": f"2024-01-01T00:00:0{n}Z", KEY: TEXT, AMOUNT: n + 0.5, COUNTRY: category}
        for n, category in enumerate(CATEGORIES)
    ]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    config = write_config(tmp_path / "job.yaml", tree())
    request = RunRequest("fraud-detection", tmp_path / "f.parquet", str(tmp_path / "in.jsonl"), config)
    assert export_features(request).dead_letters == 0
    found = pq.read_table(tmp_path / "f.parquet").to_pydict()
    assert found["customer"] == [TEXT] * len(CATEGORIES)
    assert found["amount"] == [n + 0.5 for n in range(len(CATEGORIES))]
    assert found["orders_7d"] == [1, 2, 3, 4, 5]
    for n, category in enumerate(CATEGORIES):
        assert found[f"country_{category}"] == [float(n == m) for m in range(len(CATEGORIES))]
