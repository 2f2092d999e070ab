"""Streams of a program of one's own are scored as the job scores the same events, row for row."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import gress
from tests.support.fraud_config import STATELESS, write_fraud_config
from tests.support.job_runs import JobRun, read_parts
from tests.support.small_model import expected_score

if TYPE_CHECKING:
    from pyflink.datastream import DataStream, StreamExecutionEnvironment

# When and how fast a row was written is no part of what was found.
_OF_THE_RUN = ["latency_us", "failed_at"]


@pytest.fixture
def env(jvm_folder: Path) -> StreamExecutionEnvironment:
    """An environment as a program gets it."""
    from pyflink.datastream import StreamExecutionEnvironment

    found = StreamExecutionEnvironment.get_execution_environment()
    found.set_parallelism(2)
    return found


def run_both(stream: DataStream, settings: gress.Settings, folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Score a stream in a program that writes both of its outputs; return the rows of each."""
    names = add_sinks(stream, settings, folder)
    stream.get_execution_environment().execute("program")
    return tuple(map(read_rows, names))  # type: ignore[return-value]


def add_sinks(stream: DataStream, settings: gress.Settings, folder: Path) -> tuple[Path, Path]:
    """Score a stream, and write predictions and dead letters into folders of their own."""
    from pyflink.common import Encoder, Types
    from pyflink.datastream.connectors.file_system import FileSink

    scored = gress.score(stream, settings)
    outputs = {folder / "predictions": scored, folder / "dead_letters": scored.get_side_output(gress.DEAD_LETTERS)}
    for place, rows in outputs.items():
        sink = FileSink.for_row_format(str(place), Encoder.simple_string_encoder()).build()
        rows.map(lambda row: json.dumps(row.as_dict()), Types.STRING()).sink_to(sink)
    return tuple(outputs)  # type: ignore[return-value]


def read_rows(folder: Path) -> pd.DataFrame:
    """Return the rows of a sink."""
    return read_parts(next(folder.iterdir()))


def in_order(rows: pd.DataFrame, *by: str) -> pd.DataFrame:
    """Return rows in an order of their own, times as times, without what differs from run to run."""
    found = rows.drop(columns=_OF_THE_RUN, errors="ignore").sort_values(list(by), ignore_index=True)
    found["event_time"] = pd.to_datetime(found["event_time"], utc=True, format="ISO8601")
    return found.astype(object).where(found.notna(), None)


@pytest.mark.slow
def test_streams_of_lines_are_scored_with_windows_as_the_job_scores_its_file(
    env: StreamExecutionEnvironment, fraud_config: Path, crafted_file: Path, crafted_run: JobRun, tmp_path: Path
) -> None:
    lines = crafted_file.read_bytes().splitlines()
    settings = gress.load_settings(fraud_config, environ={})
    # Each of two streams has windows of its own.
    outputs = [add_sinks(env.from_collection(lines), settings, tmp_path / place) for place in ("one", "other")]
    env.execute("program")
    wanted = in_order(crafted_run.predictions, "event_id")
    wanted_letters = in_order(crafted_run.dead_letters, "value", "error")
    for predictions, letters in outputs:
        found = in_order(read_rows(predictions), "event_id")[list(wanted)]
        pd.testing.assert_frame_equal(found, wanted, check_exact=True)
        found_letters = in_order(read_rows(letters), "value", "error")[list(wanted_letters)]
        pd.testing.assert_frame_equal(found_letters, wanted_letters)
        assert len(found) + len(found_letters) == len(lines)


@pytest.mark.slow
@pytest.mark.parametrize("form", ["dicts", "rows"])
def test_stream_of_objects_is_scored_without_windows(
    form: str, env: StreamExecutionEnvironment, tmp_path: Path
) -> None:
    from pyflink.common import Row, Types

    names = ("TRANSACTION_ID", "TX_DATETIME", "CUSTOMER_ID", "TERMINAL_ID", "TX_AMOUNT")
    kinds = [Types.LONG(), Types.STRING(), Types.LONG(), Types.LONG(), Types.BIG_DEC()]
    # A Saturday, at night; a Monday, by day; an amount below the least.
    times = ("2026-01-03T05:00:00Z", "2026-01-05T12:00:00Z", "2026-01-05T12:00:01Z")
    amounts = (Decimal("12.25"), Decimal("80.00"), Decimal("-1.00"))
    events = [(row, times[row], 7, 8, amount) for row, amount in enumerate(amounts)]
    if form == "rows":
        stream = env.from_collection([Row(*event) for event in events], Types.ROW_NAMED(list(names), kinds))
    else:
        stream = env.from_collection([dict(zip(names, event, strict=True)) for event in events])
    config = write_fraud_config(tmp_path / "fraud", features=STATELESS)
    carried = ["job.sink.fields=[TX_AMOUNT]"]
    settings = gress.load_settings(config, overrides=carried, environ={})
    predictions, letters = run_both(stream, settings, tmp_path / "out")
    predictions = predictions.sort_values("event_id")
    # Amount, weekend, night.
    features = np.array([[12.25, 1, 1], [80.0, 0, 0]])
    np.testing.assert_allclose(predictions["prediction"], expected_score(features), rtol=1e-5)
    assert predictions["TX_AMOUNT"].tolist() == ["12.25", "80.00"]
    assert predictions["event_time"].tolist() == ["2026-01-03T05:00:00.000Z", "2026-01-05T12:00:00.000Z"]
    assert letters["reason"].tolist() == ["out_of_range"]


def test_more_than_predictions_is_refused(env: StreamExecutionEnvironment, fraud_config: Path) -> None:
    settings = gress.load_settings(fraud_config, overrides=["ml.drift.enabled=true"], environ={})
    with pytest.raises(gress.JobError, match=r"expected a job that only scores, got ml\.drift; leave them out"):
        gress.score(env.from_collection([b"{}"]), settings)
    with pytest.raises(gress.JobError, match="settings: expected a `job:`"):
        gress.score(env.from_collection([b"{}"]), gress.load_settings(environ={}))
