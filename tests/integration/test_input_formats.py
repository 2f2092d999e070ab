"""The same transactions in other clothes: every format gives the same predictions."""

from __future__ import annotations

import base64
import gzip
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.crafted_input import CraftedInput, iso_times
from tests.support.job_runs import JobRun, read_parts, run_job
from udfs.rows import DEAD_LETTER, prediction_row

_SAME = ["event_id", "event_time", "key", "prediction", "model", "version", "feature_set", "truth"]
# Text with a character of two bytes, and bytes that are none.
NO_TEXT = "ü ".encode() + b"\xff\xfe"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("formats")


@pytest.fixture(scope="module")
def packed_run(crafted: CraftedInput, fraud_config: Path, folder: Path) -> JobRun:
    """Two packed files whose names say the order; files that are no data lie beside them."""
    lines = crafted.good_lines()
    half = len(lines) // 2
    source = folder / "packed"
    source.mkdir()
    for name, part in (("day1.jsonl.gz", lines[:half]), ("day2.jsonl.gz", lines[half:])):
        (source / name).write_bytes(gzip.compress("".join(f"{line}\n" for line in part).encode()))
    (source / ".day0.jsonl").write_text("hidden\n")
    (source / "_SUCCESS").touch()
    return run_job(fraud_config, source, folder / "packed_out")


@pytest.fixture(scope="module")
def csv_run(crafted: CraftedInput, fraud_config: Path, folder: Path) -> JobRun:
    """One CSV file as Windows writes it, columns in another order; predictions as Parquet."""
    rows = crafted.rows.assign(TX_DATETIME=iso_times(crafted.rows), NOTE='a "quoted", word')
    path = folder / "transactions.csv"
    rows[sorted(rows.columns)].to_csv(path, index=False, lineterminator="\r\n")
    return run_job(fraud_config, path, folder / "csv_out", output_format="parquet")


@pytest.fixture(scope="module")
def parquet_run(crafted: CraftedInput, fraud_config: Path, folder: Path) -> JobRun:
    """One Parquet file of many row groups; the text of its last row is no UTF-8."""
    rows = crafted.rows.assign(TX_DATETIME=pd.to_datetime(crafted.rows["TX_DATETIME"], unit="ms"))
    path = folder / "transactions.parquet"
    table = pa.Table.from_pandas(pd.concat([rows, rows[-1:]]), preserve_index=False)
    notes = pa.array([b"fine"] * len(rows) + [NO_TEXT], pa.binary())
    table = table.append_column("NOTE", pa.Array.from_buffers(pa.string(), len(notes), notes.buffers()))
    pq.write_table(table, path, row_group_size=300)
    return run_job(fraud_config, path, folder / "parquet_out")


def test_two_packed_files_are_read_in_the_order_of_their_names(packed_run: JobRun, crafted_run: JobRun) -> None:
    assert_same(packed_run.predictions, crafted_run.predictions)
    assert packed_run.summary.adds_up
    assert "late" not in packed_run.summary.reasons


def test_parquet_input_gives_the_same_predictions(parquet_run: JobRun, crafted_run: JobRun) -> None:
    assert_same(parquet_run.predictions, crafted_run.predictions)
    assert parquet_run.summary.adds_up


def test_parquet_text_that_is_no_utf8_is_a_dead_letter(parquet_run: JobRun) -> None:
    letters = read_parts(parquet_run.output / "dead_letters")
    (letter,) = letters[letters["reason"] == "malformed"].to_dict("records")
    assert letter["encoding"] == "base64"
    assert b'"NOTE":"' + NO_TEXT in base64.b64decode(letter["value"])


def test_csv_input_gives_the_same_predictions(csv_run: JobRun, crafted_run: JobRun) -> None:
    found = pd.read_parquet(csv_run.output / "predictions.parquet")
    found["event_time"] = found["event_time"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    found = found.sort_values("event_id", ignore_index=True)
    assert_same(found, crafted_run.predictions)
    assert csv_run.summary.adds_up


def test_parquet_output_has_every_column_typed(csv_run: JobRun) -> None:
    schema = pq.read_schema(csv_run.output / "predictions.parquet")
    assert schema.names == [column.name for column in prediction_row("prediction")]
    types = {name: str(schema.field(name).type) for name in ("event_time", "scores", "latency_us", "label")}
    assert types == {
        "event_time": "timestamp[ms, tz=UTC]",
        "scores": "list<element: double>",
        "latency_us": "int64",
        "label": "string",
    }


def test_parquet_output_holds_alerts_and_dead_letters_too(
    csv_run: JobRun, crafted_run: JobRun, crafted: CraftedInput
) -> None:
    alerts, letters = (pq.read_table(csv_run.output / f"{name}.parquet") for name in ("alerts", "dead_letters"))
    assert sorted(alerts["event_id"].to_pylist()) == crafted_run.alerts["event_id"].tolist()
    assert letters.schema.names == [column.name for column in DEAD_LETTER]
    assert letters["reason"].to_pylist() == ["not_finite"] * len(crafted.unscorable)
    assert not (csv_run.output / "predictions").exists()


def assert_same(found: pd.DataFrame, wanted: pd.DataFrame) -> None:
    """Compare what does not depend on the run: events and their scores, to the last bit."""
    pd.testing.assert_frame_equal(found[_SAME], wanted[_SAME], check_exact=True)
