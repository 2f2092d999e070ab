"""Replays of logged predictions, against what pandas says of them, and what of them is refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy import stats

from gress.experiments.reading.logged_rows import read_logged_rows
from gress.experiments.reading.records import time_text
from gress.experiments.reading.row_columns import row_columns
from gress.experiments.replay import outcomes_of, replay
from jobs.errors import JobError
from tests.gress.experiments.logged import DAY_MS, METRICS, START_MS, job_and_experiment, rows, write
from tests.support.experiments import xxh64

LABEL = ({"of": "label"},)


def replayed(paths: list[Path], *given: Any, **more: Any) -> list[dict[str, Any]]:
    job, experiment = job_and_experiment(*given, **more)
    columns = row_columns(job, experiment)
    return replay(experiment, read_logged_rows(paths, experiment, columns), columns.metrics)


def refused(paths: list[Path], *given: Any, **more: Any) -> str:
    with pytest.raises(JobError) as error_info:
        replayed(paths, *given, **more)
    return str(error_info.value)


def frame(lines: list[dict[str, Any]]) -> pd.DataFrame:
    """The rows with what metrics say of them, by pandas."""
    made = pd.DataFrame(lines)
    known = made["truth"].notna()
    chance = made["prediction"].where(made["truth"] > 0, 1 - made["prediction"])
    made["log_loss"] = (-np.log(chance)).where(known)
    made["errors"] = made["reason"].notna().astype(float)
    return made


def test_last_record_is_what_pandas_says_of_the_rows(tmp_path: Path) -> None:
    lines = rows()
    (*_, last) = replayed([write(tmp_path / "part-0", lines)])
    table = frame(lines)
    for variant, own in table.groupby("variant"):
        arm = last["arms"][variant]
        assert arm["units"] == own["key"].nunique()
        assert arm["log_loss"] == pytest.approx(own["log_loss"].mean(), rel=1e-9)
        assert arm["errors"] == pytest.approx(own["errors"].mean(), rel=1e-9)
        assert arm["amount"] == pytest.approx(own.groupby("key")["amount"].sum().mean(), rel=1e-9)
    numbers = last["numbers"]
    assert numbers["log_loss.clock"] == table["log_loss"].notna().sum()
    sums = table.groupby(["variant", "key"])["amount"].sum()
    # The standard error is the larger of Welch's and Student's.
    golden = min(
        stats.ttest_ind(sums["treatment"], sums["control"], equal_var=even).statistic for even in (True, False)
    )
    assert numbers["amount.difference"] / numbers["amount.se"] == pytest.approx(golden, rel=1e-9)


def test_looks_cover_the_rows_before_them(tmp_path: Path) -> None:
    lines = rows(days=3)
    records = replayed([write(tmp_path / "part-0", lines)])
    assert [record["looked_at"] for record in records] == [START_MS + day * DAY_MS for day in (1, 2, 3)]
    table = frame(lines)
    for record in records:
        seen = table[pd.to_datetime(table["event_time"]) < pd.Timestamp(record["looked_at"], unit="ms", tz="UTC")]
        assert record["arms"]["control"]["units"] == seen[seen["variant"] == "control"]["key"].nunique()
        assert record["numbers"]["errors.clock"] == len(seen)


def test_files_folders_and_formats_in_any_order_say_the_same(tmp_path: Path) -> None:
    lines = rows()
    whole = replayed([write(tmp_path / "whole.jsonl", lines)])
    write(tmp_path / "folder" / "part-1", lines[400:])
    write(tmp_path / "folder" / "part-0", lines[:400])
    write(tmp_path / "folder" / ".part-2.inprogress", lines[:50])
    assert replayed([tmp_path / "folder"]) == whole
    table = pd.DataFrame(lines)
    table["event_id"] = table["event_id"].astype(str)
    table["event_time"] = pd.to_datetime(table["event_time"])
    pq.write_table(pa.Table.from_pandas(table[::-1], preserve_index=False), tmp_path / "rows.parquet")
    assert replayed([tmp_path / "rows.parquet"]) == whole


def test_units_are_those_of_the_job(tmp_path: Path) -> None:
    lines = rows(50)
    job, experiment = job_and_experiment()
    read = read_logged_rows([write(tmp_path / "part-0", lines)], experiment, row_columns(job, experiment))
    assert read.points.tolist() == [xxh64(f"test.{line['key']}".encode()) for line in lines]


def test_rows_whose_variant_was_not_drawn_are_left_out(tmp_path: Path) -> None:
    lines = rows(300)
    others = [
        {**lines[0], "propensity": None, "key": "stands in"},
        {**lines[0], "experiment": "other", "key": "other"},
        {**lines[0], "experiment": None, "key": "none"},
        {**lines[0], "key": None},
    ]
    assert replayed([write(tmp_path / "a", [*lines, *others])]) == replayed([write(tmp_path / "b", lines)])


@pytest.mark.parametrize(
    ("split", "column"),
    [({"split_key": "terminal"}, "terminal"), ({"strategy": "random", "split_key": None}, "event_id")],
    ids=["a carried field", "each event"],
)
def test_unit_may_be_elsewhere_than_in_the_key(split: dict[str, Any], column: str, tmp_path: Path) -> None:
    lines = [{**line, "terminal": f"t{index % 9}"} for index, line in enumerate(rows(100))]
    job, experiment = job_and_experiment(LABEL, carried=("terminal",), **split)
    read = read_logged_rows([write(tmp_path / "rows", lines)], experiment, row_columns(job, experiment))
    assert read.points.tolist() == [xxh64(f"test.{line[column]}".encode()) for line in lines]


def test_shares_that_changed_are_steps(tmp_path: Path) -> None:
    lines = rows(400)
    for index, line in enumerate(lines):
        share = 0.1 if index < 200 else 0.3
        line["propensity"] = share if line["variant"] == "treatment" else 1 - share
    job, experiment = job_and_experiment()
    columns = row_columns(job, experiment)
    parts = outcomes_of(
        experiment, read_logged_rows([write(tmp_path / "rows", lines)], experiment, columns), columns.metrics
    )
    assert [(part.step, len(part)) for part in parts] == [(0, 200), (1, 200)]
    assert [part.shares for part in parts] == [(0.9, 0.1), (0.7, 0.3)]
    (*_, last) = replayed([tmp_path / "rows"])
    assert (last["step"], last["rules"]["shares"]) == (1, {"control": 0.7, "treatment": 0.3})


def test_variant_that_is_switched_off_keeps_its_share(tmp_path: Path) -> None:
    weights = {"control": 50.0, "treatment": 30.0, "off": 20.0}
    job, experiment = job_and_experiment(LABEL, weights=weights)
    variants = tuple(each.model_copy(update={"enabled": each.name != "off"}) for each in experiment.variants)
    experiment = experiment.model_copy(update={"variants": variants})
    lines = [{**line, "propensity": weights[line["variant"]] / 100} for line in rows(100)]
    columns = row_columns(job, experiment)
    read = read_logged_rows([write(tmp_path / "rows", lines)], experiment, columns)
    (part,) = outcomes_of(experiment, read, columns.metrics)
    assert part.shares == (0.5, 0.3, 0.2)


def test_signals_that_rows_do_not_tell_are_left_out() -> None:
    metrics = (*LABEL, {"of": "latency", "role": "signal"}, {"of": "field", "field": "amount", "role": "signal"})
    columns = row_columns(*job_and_experiment(metrics, carried=()))
    assert [metric.title for metric in columns.metrics] == ["label"]
    assert columns.left_out == {
        "signal 'latency'": "rows have the latency of their batch, not that of their variant",
        "signal 'amount'": "rows do not have the event field 'amount'",
    }


@pytest.mark.parametrize(
    ("metrics", "whole"),
    [
        (
            (*LABEL, {"of": "latency", "role": "guardrail", "margin": 1.0}),
            "experiment 'test': guardrail 'latency': rows have the latency of their batch, not that of their variant; "
            "leave it out, or make it a signal, which is left out here",
        ),
        (
            ({"of": "field", "field": "amount"},),
            "experiment 'test': goal 'amount': rows do not have the event field 'amount'; "
            "run the job with it carried: job.sink.fields=[amount]",
        ),
    ],
    ids=["latency", "field"],
)
def test_goals_and_guardrails_that_rows_do_not_tell_are_refused(
    metrics: tuple[dict[str, Any], ...], whole: str
) -> None:
    with pytest.raises(JobError, match=f"^{re.escape(whole)}$"):
        row_columns(*job_and_experiment(metrics, carried=()))


def test_field_that_is_the_outcome_needs_not_be_carried(tmp_path: Path) -> None:
    lines = rows(200)
    (*_, last) = replayed([write(tmp_path / "rows", lines)], ({"of": "field", "field": "fraud"},), carried=())
    table = frame(lines)
    golden = table[table["variant"] == "control"]["truth"].mean()
    assert last["arms"]["control"]["fraud"] == pytest.approx(golden, rel=1e-12)


def test_unit_that_rows_do_not_have_is_refused() -> None:
    whole = (
        "experiment 'test': expected rows with its units, which are values of the event field 'terminal', got rows "
        "without it; run the job with it carried: job.sink.fields=[terminal]"
    )
    with pytest.raises(JobError, match=f"^{re.escape(whole)}$"):
        row_columns(*job_and_experiment(split_key="terminal"))


def test_rows_of_other_experiments_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "rows", [{**line, "experiment": "other"} for line in rows(10)])
    assert refused([path]) == (
        f"predictions {path}: expected predictions of experiment 'test' with propensity and key, got other; "
        "name the predictions of its run"
    )
    path = write(tmp_path / "rows", [{**line, "experiment": None} for line in rows(10)])
    assert "got none of an experiment;" in refused([path])


def test_rows_of_the_experiment_without_a_propensity_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "rows", [{**line, "propensity": None} for line in rows(10)])
    assert "with propensity and key, got 10 rows of it that lack one;" in refused([path])


def test_rows_of_unknown_variants_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "rows", [{**line, "variant": "third"} for line in rows(10)])
    assert refused([path]) == (
        "experiment 'test': expected variants control, treatment, got rows of 'third'; "
        "name the settings of the run with --config"
    )


def test_changing_shares_of_more_than_two_variants_are_refused(tmp_path: Path) -> None:
    lines = rows(100)
    lines[-1] = {**lines[-1], "variant": "control", "propensity": 0.5}
    path = write(tmp_path / "rows", [*lines, {**lines[0], "variant": "control"}])
    weights = {"control": 60.0, "treatment": 30.0, "third": 10.0}
    assert refused([path], LABEL, weights=weights) == (
        "experiment 'test': expected one propensity of variant 'control', as there are more than two variants, got "
        "0.5, 0.7; replay the rows of each step by themselves"
    )


def test_propensities_of_other_weights_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "rows", rows(100))
    assert refused([path], LABEL, weights={"control": 60.0, "treatment": 30.0, "third": 10.0}) == (
        "experiment 'test': expected propensities that sum to 1 with the weights, got control 0.7, treatment 0.3, "
        "third 0.1; give the weights of the run with --config and --set"
    )


@pytest.mark.parametrize("propensity", [0.0, -0.7, 2.0], ids=str)
def test_propensities_that_are_none_are_refused(propensity: float, tmp_path: Path) -> None:
    path = write(tmp_path / "part-0", [{**row, "propensity": propensity} for row in rows()])
    assert refused([path]) == (
        f"experiment 'test': expected propensities over 0, up to 1, got {propensity:g}; name the predictions that a "
        "run wrote"
    )


def test_rows_of_a_control_that_has_all_units_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "part-0", [{**row, "variant": "control", "propensity": 1.0} for row in rows()])
    assert refused([path], weights={"control": 100.0, "treatment": 0.0}) == (
        "experiment 'test': expected a share of units for a variant beside the default one, by the rows or by the "
        "settings, got all units with the default one; replay a run in which two variants answered; a shadow has rows "
        "in comparisons alone"
    )


def test_looks_at_the_last_day_of_9999_have_a_time() -> None:
    assert time_text(253_402_300_800_000) == "10000-01-01 00:00"
    assert time_text(-1) == "1969-12-31 23:59"


def test_missing_and_empty_folders_and_other_files_are_refused(tmp_path: Path) -> None:
    missing, empty, text = tmp_path / "none", tmp_path / "empty", tmp_path / "text"
    empty.mkdir()
    text.write_text("no rows\n")
    what = "name the predictions of a run"
    assert refused([missing]) == f"predictions {missing}: expected a folder or file of predictions, got none; {what}"
    assert refused([empty]) == f"predictions {empty}: expected files of predictions, got an empty folder; {what}"
    assert refused([text]).startswith(f"{text}: expected rows that a run wrote, got: JSON parse error")


def test_verdict_settings_are_those_that_are_given_now(tmp_path: Path) -> None:
    path = write(tmp_path / "rows", rows())
    verdict = {"interval": "12h", "alpha": 0.2, "planned_units": 77, "metrics": list(METRICS[:1])}
    records = replayed([path], verdict=verdict)
    assert len(records) == 6
    assert records[-1]["rules"]["metrics"] == {
        "log_loss": {"role": "goal", "better": "lower", "margin": 0.0, "alpha": 0.2, "planned": 77}
    }


def test_area_is_counted_too(tmp_path: Path) -> None:
    from sklearn.metrics import roc_auc_score

    lines = rows(2_000)
    (*_, last) = replayed([write(tmp_path / "rows", lines)], ({"of": "auc"},))
    for variant, own in frame(lines).dropna(subset="truth").groupby("variant"):
        # Scores are counted in cells.
        assert last["arms"][variant]["auc"] == pytest.approx(roc_auc_score(own["truth"], own["prediction"]), abs=0.01)
