"""A repository of Feast: what it holds, and that Feast reads the values from it that ours are."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from conf.settings import FeatureStoreSettings
from gress.cli.main import app
from gress.feature_store.feast_repository import FeastRepository, FeastView
from jobs.errors import JobError
from state.feature_store.group import Group
from tests.support.fraud_config import STATELESS, write_fraud_config
from tests.support.pages import read_blocks
from udfs.feature_store.open_store import open_store
from udfs.features.errors import FeatureError

READER = Path(__file__).with_name("feast_reader.py")
DAY_MS = 86_400_000
START_MS = 1_700_000_000_000
VIEW = FeastView("customer", "CUSTOMER_ID", ("total", "mean"))


def write_rows(path: Path, rows: int = 400, seed: int = 1) -> pa.Table:
    """An export of some customers over ten days, with values that are not there and times that repeat."""
    draw = np.random.default_rng(seed)
    mean = np.where(draw.random(rows) < 0.1, np.nan, draw.normal(size=rows))
    columns = {
        "CUSTOMER_ID": [f"c{code}" if code else None for code in draw.integers(0, 8, rows)],
        "TX_DATETIME": pa.array(np.sort(START_MS + draw.integers(0, 10, rows) * DAY_MS), pa.timestamp("ms")),
        "total": draw.normal(size=rows),
        "mean": pa.array(mean, from_pandas=True),
    }
    table = pa.table(columns).replace_schema_metadata({"gress.feature_set_hash": "abc"})
    pq.write_table(table, path)
    return table


def known_at(table: pa.Table, keys: list[str], times: np.ndarray[Any, Any], name: str, max_age_ms: int) -> Any:
    """The newest value of each key at a time, as pandas joins it."""
    rows = table.to_pandas().dropna(subset="CUSTOMER_ID").drop_duplicates(["CUSTOMER_ID", "TX_DATETIME"], keep="last")
    asked = pd.DataFrame(
        {"CUSTOMER_ID": keys, "TX_DATETIME": pd.to_datetime(times, unit="ms").astype("datetime64[ms]")}
    )
    age = pd.Timedelta(max_age_ms, "ms") if max_age_ms else None
    asked = asked.reset_index().sort_values("TX_DATETIME")
    joined = pd.merge_asof(asked, rows, on="TX_DATETIME", by="CUSTOMER_ID", tolerance=age)
    return joined.sort_values("index")[name].to_numpy()


@pytest.fixture
def export(tmp_path: Path) -> Path:
    write_rows(tmp_path / "features.parquet")
    return tmp_path / "features.parquet"


def test_each_entity_has_its_last_row_of_each_time(export: Path, tmp_path: Path) -> None:
    rows = FeastRepository("my job", "TX_DATETIME", (VIEW,)).write(tmp_path / "feast", export)
    given = pq.read_table(export).to_pandas().dropna(subset="CUSTOMER_ID")
    last = given.groupby(["CUSTOMER_ID", "TX_DATETIME"], sort=False).tail(1)
    written = pq.read_table(tmp_path / "feast" / "data" / "customer.parquet")
    assert rows == {"customer": len(last)} == {"customer": len(written)}
    assert written.schema.field("event_timestamp").type == pa.timestamp("us", "UTC")
    found = written.to_pandas().sort_values(["CUSTOMER_ID", "event_timestamp"])
    np.testing.assert_array_equal(found["total"], last.sort_values(["CUSTOMER_ID", "TX_DATETIME"])["total"])
    assert written["mean"].null_count == last["mean"].isna().sum()
    assert "project: my_job\n" in (tmp_path / "feast" / "feature_store.yaml").read_text("utf-8")


def test_definitions_are_python_whatever_the_names(export: Path, tmp_path: Path) -> None:
    view = FeastView("shop-1.x", "CUSTOMER_ID", ("total",))
    FeastRepository("j", "TX_DATETIME", (view,), ttl_ms=5_000).write(tmp_path / "feast", export)
    text = (tmp_path / "feast" / "features.py").read_text("utf-8")
    compile(text, "features.py", "exec")
    assert 'of_shop_1_x_entity = Entity(name="shop-1.x", join_keys=["CUSTOMER_ID"]' in text
    assert "ttl=timedelta(milliseconds=5000)" in text
    assert 'Field(name="total", dtype=Float64)' in text


def test_views_whose_names_differ_in_signs_alone_are_both_there(export: Path, tmp_path: Path) -> None:
    views = tuple(FeastView(entity, "CUSTOMER_ID", ("total",)) for entity in ("a-b", "a.b", "a_b_1"))
    FeastRepository("j", "TX_DATETIME", views).write(tmp_path / "feast", export)
    text = (tmp_path / "feast" / "features.py").read_text("utf-8")
    assert re.findall(r"^(\w+)_view = ", text, re.MULTILINE) == ["of0_a_b", "of1_a_b", "of_a_b_1"]


def test_times_of_any_unit_are_written_and_rows_without_one_are_not(tmp_path: Path) -> None:
    at = pa.array([2_999, None, 1_000, -1], pa.timestamp("us"))
    columns = {"CUSTOMER_ID": [1, 2, 3, 4], "at": at, "total": [1.0, 2.0, 3.0, 4.0]}
    pq.write_table(pa.table(columns), tmp_path / "f.parquet")
    view = FeastView("customer", "CUSTOMER_ID", ("total",))
    assert FeastRepository("j", "at", (view,)).write(tmp_path / "feast", tmp_path / "f.parquet") == {"customer": 3}
    written = pq.read_table(tmp_path / "feast" / "data" / "customer.parquet")
    assert written["event_timestamp"].cast(pa.int64()).to_pylist() == [-1_000, 1_000, 2_000]
    assert written["total"].to_pylist() == [4.0, 3.0, 1.0]
    for other, text in ((["2020"], "timestamps or milliseconds in column 'at'"), ([2**60], "milliseconds since 1970")):
        pq.write_table(pa.table({"CUSTOMER_ID": [1], "at": other, "total": [1.0]}), tmp_path / "f.parquet")
        with pytest.raises(FeatureError, match=text):
            FeastRepository("j", "at", (view,)).write(tmp_path / "other", tmp_path / "f.parquet")


def test_what_cannot_be_written_is_refused(export: Path, tmp_path: Path) -> None:
    repository = FeastRepository("j", "TX_DATETIME", (FeastView("c", "CUSTOMER_ID", ("totl",)),))
    with pytest.raises(FeatureError, match="expected a column 'totl', got CUSTOMER_ID, TX_DATETIME, total, mean"):
        repository.write(tmp_path / "feast", export)
    with pytest.raises(JobError, match="expected a new or empty folder, got one that holds something"):
        FeastRepository("j", "TX_DATETIME", (VIEW,)).write(tmp_path, export)
    (tmp_path / "no.parquet").write_bytes(b"x")
    with pytest.raises(JobError, match="expected a Parquet file"):
        repository.write(tmp_path / "feast", tmp_path / "no.parquet")


def test_the_command_writes_what_the_job_publishes(repository: Path, tmp_path: Path) -> None:
    config, file = write_fraud_config(tmp_path / "config", features=STATELESS), tmp_path / "f.parquet"
    columns: dict[str, Any] = {"CUSTOMER_ID": [1, 1], "TERMINAL_ID": [5, 6], "TX_AMOUNT": [1.0, 2.0]}
    columns["TX_DATETIME"] = pa.array([START_MS, START_MS + 1], pa.timestamp("ms"))
    pq.write_table(pa.table(columns), file)
    blocks = read_blocks(repository / "docs" / "feature-store.md")
    (words,) = [words for block in blocks for words in block.commands if words[:3] == ["gress", "features", "feast"]]
    places = {"repository": tmp_path / "feast", "features.parquet": file, "shop.yaml": config}
    command = [str(places.get(word, word)) for word in words[1:]]
    refused = CliRunner().invoke(app, command)
    assert "expected what the job publishes, got nothing; list entities and features" in str(refused.exception)
    unknown = CliRunner().invoke(app, [word.replace("fraud-detection", "fraud-detect") for word in command])
    assert "job 'fraud-detect': expected one of" in str(unknown.exception)
    entries = "[{entity: terminal, key: TERMINAL_ID, features: [TX_AMOUNT]}]"
    done = CliRunner().invoke(app, [*command, "--set", f"ml.feature_store.publish={entries}"])
    assert done.exit_code == 0, done.output
    assert "2 rows of terminal" in done.output
    assert "ValueType.INT64" in (tmp_path / "feast" / "features.py").read_text("utf-8")
    entries = "[{entity: terminal, key: TERMINAL}]"
    refused = CliRunner().invoke(app, [*command, "--set", f"ml.feature_store.publish={entries}"])
    assert "publish.0.key: expected a field of the events, got 'TERMINAL'" in str(refused.exception)


def ask_feast(repository: Path, question: dict[str, Any]) -> dict[str, Any]:
    python = os.environ.get("GRESS_FEAST_PYTHON")
    if not python:
        pytest.skip("Feast is not installed: make test-feast")
    asked, answer = repository.parent / "question.json", repository.parent / "answer.json"
    asked.write_text(json.dumps(question), "utf-8")
    environ = {**os.environ, "FEAST_USAGE": "False"}
    done = subprocess.run(
        [python, str(READER), str(repository), str(asked), str(answer)],
        env=environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(answer.read_text("utf-8"))
    return found


@pytest.mark.parametrize("ttl_ms", [0, 2 * DAY_MS], ids=["any age", "two days"])
def test_feast_joins_the_values_that_were_known_then(export: Path, tmp_path: Path, ttl_ms: int) -> None:
    FeastRepository("j", "TX_DATETIME", (VIEW,), ttl_ms).write(tmp_path / "feast", export)
    draw = np.random.default_rng(2)
    keys = [f"c{code}" for code in draw.integers(1, 10, 60)]
    times = START_MS + draw.integers(-DAY_MS, 14 * DAY_MS, 60)
    question = {"view": "customer", "key": "CUSTOMER_ID", "names": ["total", "mean"], "keys": keys}
    found = ask_feast(tmp_path / "feast", {**question, "times_ms": times.tolist()})["historical"]
    for name in VIEW.columns:
        expected = known_at(pq.read_table(export), keys, times, name, ttl_ms)
        np.testing.assert_array_equal(np.array(found[name], float), expected)


def test_rows_that_come_late_are_in_our_store_and_not_in_feasts(tmp_path: Path) -> None:
    """Feast's incremental materialisation reads what is newer than its last end, and so no row that came late."""
    rows = [("c1", START_MS, 1.0), ("c2", START_MS + 3 * DAY_MS, 2.0)]
    late = ("c1", START_MS + DAY_MS, 5.0)
    files = []
    for step, known in enumerate((rows, [*rows, late])):
        keys, times, values = zip(*known, strict=True)
        table = pa.table(
            {"CUSTOMER_ID": keys, "TX_DATETIME": pa.array(times, pa.timestamp("ms")), "total": values, "mean": values}
        )
        pq.write_table(table, tmp_path / f"{step}.parquet")
        FeastRepository("j", "TX_DATETIME", (VIEW,)).write(tmp_path / f"feast{step}", tmp_path / f"{step}.parquet")
        files.append(str(tmp_path / f"feast{step}" / "data" / "customer.parquet"))
    store, group = open_store(FeatureStoreSettings()), Group("customer", "late-rows")
    for key, time, value in (*rows, late):
        store.put_many(group, [key], {"total": np.array([value])}, np.array([time]))
    assert store.get_many(group, ["c1", "c2"], ["total"]).values("total") == [5.0, 2.0]
    question = {"view": "customer", "key": "CUSTOMER_ID", "names": ["total"], "keys": ["c1", "c2"]}
    question |= {"times_ms": [START_MS + 9 * DAY_MS] * 2, "begin_ms": START_MS - DAY_MS}
    ends = [START_MS + 4 * DAY_MS, START_MS + 5 * DAY_MS]
    found = ask_feast(tmp_path / "feast1", {**question, "materialised_ms": list(zip(ends, files, strict=True))})
    assert found["historical"]["total"] == [5.0, 2.0]
    assert found["online"]["total"] == [1.0, 2.0]
