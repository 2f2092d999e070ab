"""Event fields that predictions carry: of one type, and of one text, whatever step and format writes them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.support.job_runs import JobRun, run_job, write_config
from tests.support.small_model import write_model

FIELDS: dict[str, dict[str, Any]] = {
    "order": {"type": "string"},
    "at": {"type": "timestamp"},
    "customer": {"type": "long"},
    "amount": {"type": "decimal", "scale": 2},
    "count": {"type": "long", "required": False},
    "weight": {"type": "double", "required": False},
    "tax": {"type": "decimal", "scale": 9, "required": False},
    "is_gift": {"type": "boolean", "required": False},
    "note": {"type": "string", "required": False},
    "sent": {"type": "timestamp", "unit": "s", "required": False},
}
CARRIED = [name for name in FIELDS if name != "at"]
EVENTS = [
    {
        "order": "a-1",
        "at": "2026-01-01T00:00:00Z",
        "customer": 7,
        "amount": 19.99,
        "count": 2**53 + 1,
        "weight": 0.1,
        "tax": 0.000000012,
        "is_gift": True,
        "note": 'say "ü"\n',
        "sent": 1_767_225_600,
    },
    {"order": "a-2", "at": "2026-01-01T00:00:01Z", "customer": 2**60, "amount": 1_000_000, "is_gift": False, "tax": 0},
]
WINDOW = {"function": "count", "key": "customer", "window": "7d"}
SPECS = [{"name": "amount", "type": "numerical"}, {"name": "orders", "type": "aggregation", "parameters": WINDOW}]
WANTED = (
    '"order":"a-1","customer":7,"amount":19.99,"count":9007199254740993,"weight":0.1,"tax":0.000000012,'
    '"is_gift":true,"note":"say \\"ü\\"\\n","sent":"2026-01-01T00:00:00Z"}',
    '"order":"a-2","customer":1152921504606846976,"amount":1000000.00,"tax":0.000000000,"is_gift":false}',
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., JobRun]:
    folder = tmp_path_factory.mktemp("carried")
    (folder / "in.jsonl").write_text("".join(json.dumps(event) + "\n" for event in EVENTS), "utf-8")

    def start(name: str, *overrides: str, windows: bool = False, **more: Any) -> JobRun:
        specs = SPECS if windows else SPECS[:1]
        model = write_model(folder / f"model-{len(specs)}", width=len(specs))
        tree = {
            "ml": {
                "enabled": True,
                "models": [{"name": "m", "version": "1.0.0", "type": "onnx", "path": str(model)}],
            },
            "job": {
                "name": "carried",
                "events": {"id": "order", "key": "customer", "time": "at", "fields": FIELDS},
                "features": {"name": "f", "specs": specs},
                "inference": {"model_name": "m"},
                "sink": {"fields": CARRIED},
            },
            "execution": {"parallelism": 1},
        }
        config = write_config(folder / f"{name}.yaml", tree)
        return run_job(config, folder / "in.jsonl", folder / name, overrides=overrides, **more)

    return start


@pytest.mark.parametrize(
    ("name", "overrides", "windows"),
    [
        ("workers", [], False),
        ("rows", ["execution.profile=latency"], False),
        ("windows", ["execution.windows=sql"], True),
        ("packed", [], True),
    ],
    ids=["workers write", "latency", "windows", "packed windows"],
)
def test_fields_keep_their_types(name: str, overrides: list[str], windows: bool, run: Callable[..., JobRun]) -> None:
    found = run(name, *overrides, windows=windows)
    lines = [
        line
        for part in sorted((found.output / "predictions").glob("part-*"))
        for line in part.read_text("utf-8").splitlines()
    ]
    assert len(lines) == len(WANTED)
    assert found.summary.job == "carried"
    for line, wanted in zip(sorted(lines), WANTED, strict=True):
        assert line.endswith("," + wanted)
        assert json.loads(line)["event_id"] == json.loads("{" + wanted)["order"]


def test_parquet_has_them_typed(run: Callable[..., JobRun]) -> None:
    output = run("parquet", output_format="parquet").output
    table = pq.read_table(output / "predictions.parquet").sort_by("event_id")
    assert [str(table.schema.field(name).type) for name in CARRIED] == [
        "string", "int64", "decimal128(38, 2)", "int64", "double", "decimal128(38, 9)", "bool", "string",
        "timestamp[ms, tz=UTC]",
    ]  # fmt: skip
    first, second = table.select(CARRIED).to_pylist()
    exact = {
        "amount": Decimal("19.99"),
        "tax": Decimal("0.000000012"),
        "sent": dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc),
    }
    assert first == {name: EVENTS[0][name] for name in CARRIED} | exact
    assert (second["count"], second["weight"], second["note"], second["sent"]) == (None, None, None, None)
