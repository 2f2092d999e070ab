from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import orjson
import pytest

from gress.report.reading.alerts import read_top_alerts
from gress.report.reading.dead_letters import read_reasons
from gress.report.reading.drift import read_drift
from gress.report.reading.finished_run import read_summary
from gress.report.reading.predictions import read_predictions
from jobs.errors import JobError
from jobs.run_folder.parquet import convert_json_parts
from tests.gress.report.runs import dead_letters, drift_window, labelled_predictions, prediction, write_run
from udfs.row_columns import CarriedField, Column
from udfs.rows import prediction_row

AMOUNT = Column("amount", "DOUBLE", CarriedField("amount"), "Field `amount` of the event.")


@pytest.mark.parametrize("is_parquet", [False, True], ids=["json", "parquet"])
def test_predictions_are_read_as_columns(tmp_path: Path, is_parquet: bool) -> None:
    rows = labelled_predictions(50)
    write_run(tmp_path, predictions=rows, is_parquet=is_parquet)
    found = read_predictions(tmp_path)
    assert found is not None
    np.testing.assert_array_equal(found.score, [row["prediction"] for row in rows])
    np.testing.assert_array_equal(found.truth, [row.get("truth", np.nan) for row in rows])
    np.testing.assert_array_equal(found.latency_us, [row["latency_us"] for row in rows])
    assert [f"{time}Z" for time in found.event_time.astype("datetime64[s]")] == [row["event_time"] for row in rows]
    assert [found.version.names[code] for code in found.version.codes] == [row["version"] for row in rows]
    assert [found.variant.names[code] for code in found.variant.codes] == [row["variant"] for row in rows]


def test_groups_are_in_the_order_of_their_rows(tmp_path: Path) -> None:
    versions = ["b", "a", "c", "c", None, "c", "a", "b"]
    write_run(tmp_path, predictions=[prediction(i, version=version) for i, version in enumerate(versions)])
    found = read_predictions(tmp_path)
    assert found is not None
    assert found.version.names == ("c", "a", "b")
    assert found.version.codes.tolist() == [2, 1, 0, 0, -1, 0, 1, 2]
    assert found.groups == ("version", found.version)


@pytest.mark.parametrize("is_parquet", [False, True], ids=["json", "parquet"])
def test_score_is_found_whatever_its_column_is_called(tmp_path: Path, is_parquet: bool) -> None:
    rows = [
        {"event_id": str(i), "risk": 0.5, "version": "1.0.0", "status": "ok", "amount": 12.5} for i in range(3)
    ]
    (tmp_path / "predictions").mkdir()
    (tmp_path / "predictions" / "part-0").write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    if is_parquet:
        (tmp_path / "dead_letters").mkdir()
        convert_json_parts(tmp_path, (*prediction_row("risk"), AMOUNT))
    found = read_predictions(tmp_path)
    assert found is not None
    assert found.score.tolist() == [0.5] * 3


def test_two_columns_that_may_be_the_score_are_refused(tmp_path: Path) -> None:
    (tmp_path / "predictions").mkdir()
    (tmp_path / "predictions" / "part-0").write_text('{"event_id": "1", "risk": 0.5, "chance": 0.1}\n')
    with pytest.raises(JobError, match=r"expected `prediction` or one column beside .*, got risk, chance"):
        read_predictions(tmp_path)


def test_rows_that_went_elsewhere_are_not_no_rows(tmp_path: Path) -> None:
    assert read_predictions(tmp_path) is None
    assert read_top_alerts(tmp_path, 5) is None
    assert read_reasons(tmp_path) is None
    for name in ("predictions", "alerts", "dead_letters"):
        (tmp_path / name).mkdir()
    found = read_predictions(tmp_path)
    assert found is not None
    assert (len(found), found.version.names) == (0, ())
    assert read_top_alerts(tmp_path, 5) == []
    assert read_reasons(tmp_path) == []


@pytest.mark.parametrize("is_parquet", [False, True], ids=["json", "parquet"])
def test_top_alerts_are_the_highest_and_of_equals_the_earliest(tmp_path: Path, is_parquet: bool) -> None:
    rows = [prediction(i, prediction=score) for i, score in enumerate([0.8, 0.9, 0.95, 0.9, 0.99, 0.71])]
    write_run(tmp_path, predictions=rows, alerts=rows, is_parquet=is_parquet)
    found = read_top_alerts(tmp_path, 4)
    assert found is not None
    assert [(alert.event_id, alert.score) for alert in found] == [
        ("tx-4", 0.99), ("tx-2", 0.95), ("tx-1", 0.9), ("tx-3", 0.9),
    ]  # fmt: skip
    assert found[1].event_time == dt.datetime(2018, 4, 1, 0, 20, tzinfo=dt.timezone.utc)
    assert found[0].truth is None


def test_alerts_of_events_with_numbers_for_ids_are_read(tmp_path: Path) -> None:
    rows = [prediction(i, event_id=i, prediction=0.9) for i in range(12)]
    write_run(tmp_path, predictions=rows, alerts=rows)
    found = read_top_alerts(tmp_path, 3)
    assert found is not None
    assert [alert.event_id for alert in found] == ["0", "1", "2"]


@pytest.mark.parametrize("is_parquet", [False, True], ids=["json", "parquet"])
def test_reasons_come_with_their_first_row(tmp_path: Path, is_parquet: bool) -> None:
    write_run(tmp_path, predictions=[], dead_letters=dead_letters(late=2, malformed=5), is_parquet=is_parquet)
    found = read_reasons(tmp_path)
    assert found is not None
    assert [(reason.name, reason.rows) for reason in found] == [("malformed", 5), ("late", 2)]
    assert (found[0].error, found[0].value, found[0].category) == ("malformed 0", '{"row": 0}', "parse")


def test_drift_is_read_in_the_order_of_time(tmp_path: Path) -> None:
    windows = [drift_window(2, {"a": 0.9}), drift_window(0, {"a": 0.1, "b": 0.7}), drift_window(1, {}, quality=None)]
    write_run(tmp_path, predictions=[], drift=windows)
    found = read_drift(tmp_path)
    assert [window.start.hour for window in found] == [0, 1, 2]
    assert [(finding.name, finding.score, finding.is_drift) for finding in found[0].findings] == [
        ("a", 0.1, False), ("b", 0.7, True),
    ]  # fmt: skip
    assert found[1].quality is None
    assert found[2].quality is not None
    assert found[2].quality.auc_roc == pytest.approx(0.88)
    assert read_drift(tmp_path / "predictions") == []


@pytest.mark.parametrize("line", ["{", "[]", '{"window_start": "yesterday"}'])
def test_drift_that_cannot_be_read_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "drift").mkdir()
    (tmp_path / "drift" / "part-0").write_text(line + "\n")
    with pytest.raises(JobError, match="part-0 line 1: expected a window with its findings"):
        read_drift(tmp_path)


def test_rows_that_are_no_json_are_named(tmp_path: Path) -> None:
    (tmp_path / "predictions").mkdir()
    (tmp_path / "predictions" / "part-0").write_text('{"prediction": 0.5}\n{"prediction": "much"}\n')
    with pytest.raises(JobError, match="predictions: expected rows that a run wrote, got: JSON parse error"):
        read_predictions(tmp_path)
    (tmp_path / "predictions" / "part-0").write_text("nothing\n")
    with pytest.raises(JobError, match="part-0: expected JSON Lines, got b'nothing"):
        read_predictions(tmp_path)


def test_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JobError, match="expected the folder of a run, got none; name the --output"):
        read_summary(tmp_path / "nowhere")
    with pytest.raises(JobError, match=r"expected a finished run with a summary\.json, got a folder without one"):
        read_summary(tmp_path)


@pytest.mark.parametrize("text", ["{", "[1]", '{"job": "fraud"}'])
def test_summary_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "summary.json").write_text(text)
    with pytest.raises(JobError, match=r"summary\.json: expected the figures of a run"):
        read_summary(tmp_path)


def test_summary_of_a_later_version_is_read(tmp_path: Path) -> None:
    written = write_run(tmp_path, predictions=labelled_predictions(30))
    text = (tmp_path / "summary.json").read_text()
    (tmp_path / "summary.json").write_text(text.replace("{", '{"carbon_g": 3,', 1))
    assert read_summary(tmp_path) == written
