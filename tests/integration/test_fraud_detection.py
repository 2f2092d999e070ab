"""The fraud job over a file with every kind of bad line: each line ends in one place, with a score or a reason."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from jobs.run_folder.earlier_run import WRITTEN
from jobs.run_folder.owner import MARKER
from tests.support.crafted_input import BAD_LINES, LATE, BadLine, CraftedInput, iso_times
from tests.support.fraud_config import ALERT_THRESHOLD, expected_features
from tests.support.job_runs import JobRun
from tests.support.small_model import expected_score
from udfs.dead_letters import REASONS
from udfs.rows import DEAD_LETTER, prediction_row


@pytest.fixture(scope="module")
def predictions(crafted_run: JobRun) -> pd.DataFrame:
    return crafted_run.predictions


@pytest.fixture(scope="module")
def dead_letters(crafted_run: JobRun) -> pd.DataFrame:
    return crafted_run.dead_letters


@pytest.fixture(scope="module")
def scored(crafted: CraftedInput) -> pd.DataFrame:
    """Rows that must be scored, with the score each must get, in the order of their ids."""
    rows = crafted.rows.assign(score=expected_score(expected_features(crafted.rows)))
    return rows[rows["score"].notna()].sort_values("TRANSACTION_ID", ignore_index=True)


def test_every_line_becomes_one_prediction_or_one_dead_letter(
    crafted: CraftedInput, predictions: pd.DataFrame, dead_letters: pd.DataFrame, scored: pd.DataFrame
) -> None:
    assert len(predictions) + len(dead_letters) == len(crafted.lines)
    assert predictions["event_id"].tolist() == scored["TRANSACTION_ID"].tolist()


def test_scores_are_those_of_features_by_brute_force(predictions: pd.DataFrame, scored: pd.DataFrame) -> None:
    np.testing.assert_allclose(predictions["prediction"], scored["score"], rtol=1e-5)


def test_predictions_carry_their_event(predictions: pd.DataFrame, scored: pd.DataFrame) -> None:
    assert predictions["event_time"].tolist() == (iso_times(scored) + "Z").tolist()
    assert predictions["key"].tolist() == scored["CUSTOMER_ID"].astype(str).tolist()
    assert predictions["truth"].tolist() == scored["TX_FRAUD"].astype(float).tolist()


def test_predictions_say_what_scored_them(predictions: pd.DataFrame) -> None:
    constant = predictions[["model", "version", "checksum", "feature_set", "status"]].drop_duplicates()
    assert len(constant) == 1
    (found,) = constant.to_dict("records")
    assert (found["model"], found["version"], found["status"]) == ("fraud-detector", "2.0.0", "ok")
    assert all(set(found[name]) <= set("0123456789abcdef") for name in ("checksum", "feature_set"))
    assert (predictions["latency_us"] > 0).all()
    known = {column.name for column in prediction_row("prediction")}
    absent = {"label", "scores", "experiment", "variant", "propensity", "reason"}
    assert set(predictions.columns) == known - absent


def test_alerts_are_the_predictions_over_the_threshold(crafted_run: JobRun, predictions: pd.DataFrame) -> None:
    over = predictions[predictions["prediction"] > ALERT_THRESHOLD].reset_index(drop=True)
    assert 0 < len(over) < len(predictions)
    pd.testing.assert_frame_equal(crafted_run.alerts, over)


@pytest.mark.parametrize("bad", [*BAD_LINES, LATE], ids=lambda bad: f"{bad.reason}: {bad.error[:50]}")
def test_bad_line_is_a_dead_letter_with_its_text_and_reason(bad: BadLine, dead_letters: pd.DataFrame) -> None:
    (letter,) = dead_letters[dead_letters["value"] == bad.value].to_dict("records")
    assert letter["reason"] == bad.reason
    assert letter["error"].startswith(bad.error)
    assert letter["category"] == REASONS[bad.reason]
    assert letter["operator"] == "fraud-detection/parse"
    assert letter["retry_count"] == 0


def test_row_without_a_score_is_a_dead_letter_with_its_fields(
    crafted: CraftedInput, dead_letters: pd.DataFrame
) -> None:
    letters = dead_letters[dead_letters["reason"] == "not_finite"]
    fields = pd.DataFrame([json.loads(value) for value in letters["value"]]).sort_values("TRANSACTION_ID")
    assert fields["TRANSACTION_ID"].tolist() == sorted(crafted.unscorable)
    assert (fields["TX_AMOUNT"] == 0).all()
    assert set(letters["error"]) == {"model fraud-detector@2.0.0: expected a finite score, got nan"}
    assert set(letters["operator"]) == {"fraud-detection/score"}
    assert set(letters["category"]) == {"scoring"}


def test_late_letter_keeps_time_and_key(dead_letters: pd.DataFrame) -> None:
    (letter,) = dead_letters[dead_letters["reason"] == "late"].to_dict("records")
    assert (letter["event_time"], letter["key"]) == ("2018-04-01T00:00:00Z", "3")


def test_dead_letters_have_no_other_columns(dead_letters: pd.DataFrame) -> None:
    assert set(dead_letters.columns) <= {column.name for column in DEAD_LETTER}
    assert dead_letters["failed_at"].str.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z").all()


def test_summary_counts_what_was_written(
    crafted: CraftedInput, crafted_run: JobRun, predictions: pd.DataFrame, dead_letters: pd.DataFrame
) -> None:
    summary = json.loads((crafted_run.output / "summary.json").read_text("utf-8"))
    reasons = dead_letters["reason"].value_counts().to_dict()
    assert summary["events"] == len(crafted.lines)
    assert summary["predictions"] == len(predictions)
    assert summary["alerts"] == len(crafted_run.alerts)
    assert summary["dead_letters"] == len(dead_letters) == sum(reasons.values())
    assert summary["reasons"] == reasons
    assert summary["versions"] == {"2.0.0": len(predictions)}
    assert summary["feature_set"] == predictions["feature_set"][0]
    assert crafted_run.summary.adds_up


def test_summary_has_the_quality_of_the_scores(crafted_run: JobRun, scored: pd.DataFrame) -> None:
    truth, score = scored["TX_FRAUD"], scored["score"]
    assert crafted_run.summary.auc_roc == pytest.approx(roc_auc_score(truth, score), abs=1e-5)
    assert crafted_run.summary.average_precision == pytest.approx(average_precision_score(truth, score), abs=1e-5)


def test_nothing_of_the_run_itself_is_left(crafted_run: JobRun) -> None:
    names = {path.name for path in crafted_run.output.iterdir()}
    assert names == {"predictions", "alerts", "dead_letters", "summary.json", "timeline.jsonl", MARKER}
    assert names <= {MARKER, *WRITTEN}
    assert not list(crafted_run.output.glob("*/.*"))
