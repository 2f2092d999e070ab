"""`gress experiments` power, replay and report, run in this process."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest

from tests.gress.experiments.logged import METRICS, rows, settings_tree, write
from tests.gress.experiments.runs_with_verdicts import record, write_full_run, write_rows
from tests.support.commands import Run
from tests.support.job_runs import write_config


@pytest.fixture
def gress(command_line: Run) -> Run:
    return partial(command_line, "experiments")


@pytest.fixture(params=["--predictions", "--input"])
def logged(request: pytest.FixtureRequest, tmp_path: Path) -> list[object]:
    """Options that name predictions and the settings that judge them."""
    write(tmp_path / "out" / "predictions" / "part-0", rows())
    write_config(tmp_path / "job.yaml", settings_tree())
    return [request.param, "out/predictions", "--config", "job.yaml"]


def test_power_is_a_table_with_days_where_they_are_asked_for(gress: Run) -> None:
    code, out, err = gress("power", "--baseline", "0.1", "--lift", "5%", "--units-per-day", 4_000)
    assert (code, err) == (0, "")
    assert "units that find a change of 0.005 from 0.1 with power 0.8" in out
    (once,) = [line for line in out.splitlines() if "once, at the end" in line]
    assert [cell.strip() for cell in once.split("│")[1:-1]] == [
        "two variants", "once, at the end", "113,024", "56,512", "", "28.3",
    ]  # fmt: skip
    units = {line.split("│")[2].strip(): line.split("│")[5].strip() for line in out.splitlines() if "│" in line}
    assert units["20 times, on the way to the end"] == "max_units: 118257"
    assert units["whenever one likes"].startswith("planned_units: ")
    assert "shadow" not in out
    assert "days" not in gress("power", "--baseline", "0.1", "--lift", "5%")[1]


def test_power_is_one_document_of_json(gress: Run) -> None:
    options = ["--lift", "2", "--deviation", "40", "--share", "20%", "--alpha", "0.1", "--power", "0.9"]
    code, out, _ = gress("power", "--baseline", "55", *options, "--correlation", "0.9", "--json")
    said = json.loads(out)
    assert code == 0
    assert said["wanted"] == {
        "difference": 2.0, "deviation": 40.0, "share": 0.2, "alpha": 0.1, "power": 0.9, "correlation": 0.9,
        "units_per_day": None,
    }  # fmt: skip
    assert [row["test"] for row in said["tests"]] == ["ab"] * 3 + ["shadow"] * 3
    # (1.645 + 1.2816)² · 40² / (0.2 · 0.8) / 2²
    assert said["tests"][0]["units"] == pytest.approx(21_411, rel=1e-3)


def test_power_of_what_is_no_rate_is_refused_in_a_line(gress: Run) -> None:
    assert gress("power", "--baseline", "55", "--lift", "5%") == (
        2,
        "",
        "--deviation: expected a standard deviation, as a baseline of this size is no rate, got 55; give that of a "
        "unit's value\n",
    )


def test_replay_prints_the_looks_and_the_last_verdict(gress: Run, logged: list[object]) -> None:
    code, out, err = gress("replay", *logged)
    assert (code, err) == (0, "")
    looks = [line for line in out.splitlines() if "2018-04-0" in line]
    assert len(looks) == 3
    assert [cell.strip() for cell in looks[-1].split("│")[1:6]] == [
        "2018-04-04 00:00", "treatment", "continue", "23", "57",
    ]  # fmt: skip
    assert out.splitlines()[-1].startswith("treatment: continue: ")


def test_replay_writes_records_and_answers_with_json(gress: Run, logged: list[object], tmp_path: Path) -> None:
    code, out, _ = gress("replay", *logged, "--output", "records.jsonl", "--json", "--policy", "treatment")
    said = json.loads(out)
    assert code == 0
    assert said["experiment"] == "test"
    assert [json.loads(line) for line in (tmp_path / "records.jsonl").open()] == said["records"]
    (loss, errors, amount) = said["policy"]
    assert [each["metric"] for each in (loss, errors, amount)] == ["log_loss", "errors", "amount"]
    last = said["records"][-1]["arms"]["treatment"]
    assert loss["value"] == pytest.approx(last["log_loss"], rel=1e-9)
    assert loss["lower"] < loss["value"] < loss["upper"]


def test_replay_prints_metrics_under_a_policy(gress: Run, logged: list[object]) -> None:
    out = gress("replay", *logged, "--policy", "control=50,treatment=50")[1]
    assert "metrics of test under control=50,treatment=50" in out
    (line,) = [line for line in out.splitlines() if line.startswith("│ amount")]
    assert line.split("│")[6].strip() == "80"


def test_replay_of_a_bandit_prints_what_each_variant_is_worth(gress: Run, logged: list[object], tmp_path: Path) -> None:
    metrics = ({"of": "errors", "name": "goal"},)
    rules = {"strategy": "bandit", "bandit": {"goal": "goal"}}
    write_config(tmp_path / "job.yaml", settings_tree(metrics, **rules))
    code, out, err = gress("replay", *logged)
    assert (code, err) == (0, "")
    assert "goal of each variant over the same mix of rounds, by propensity" in out
    (line,) = [line for line in out.splitlines() if line.startswith("│ treatment") and "%" in line]
    failed = [row.get("reason") is not None for row in rows() if row["variant"] == "treatment"]
    cells = [cell.strip() for cell in line.split("│")[1:-1]]
    assert cells[:3] == ["treatment", "30 %", f"{sum(failed) / len(failed):.6g}"]


def test_replay_takes_settings_from_the_command_line(gress: Run, logged: list[object]) -> None:
    changed = settings_tree(({"of": "errors", "role": "guardrail", "margin": 0.5},))
    experiments = json.dumps(changed["ml"]["ab_testing"]["experiments"])
    code, out, _ = gress("replay", *logged, "--set", f"ml.ab_testing.experiments={experiments}", "--json")
    assert code == 0
    assert [*json.loads(out)["records"][0]["rules"]["metrics"]] == ["errors"]


def test_replay_says_which_signals_are_left_out(gress: Run, logged: list[object], tmp_path: Path) -> None:
    write_config(tmp_path / "job.yaml", settings_tree((*METRICS, {"of": "latency", "role": "signal"})))
    code, _, err = gress("replay", *logged)
    assert (code, err) == (
        0,
        "signal 'latency' is left out: rows have the latency of their batch, not that of their variant\n",
    )


def test_replay_of_what_the_settings_do_not_judge_is_refused(gress: Run, logged: list[object], tmp_path: Path) -> None:
    assert gress("replay", *logged, "--experiment", "tset") == (
        2,
        "",
        "job.yaml: experiment 'tset': expected the name of an experiment with a verdict, got of these: test\n",
    )
    tree = settings_tree()
    tree["ml"]["ab_testing"]["experiments"][0].pop("verdict")
    write_config(tmp_path / "job.yaml", tree)
    assert gress("replay", *logged) == (
        2,
        "",
        "job.yaml: expected one experiment with a verdict, got test; name one with --experiment, and give it a "
        "verdict\n",
    )
    del tree["job"]
    tree["ml"]["ab_testing"]["experiments"][0]["verdict"] = settings_tree()["ml"]["ab_testing"]["experiments"][0][
        "verdict"
    ]
    write_config(tmp_path / "job.yaml", tree)
    assert gress("replay", *logged) == (
        2,
        "",
        "job.yaml: expected a `job:` with events, features and inference, got none\n",
    )


def test_replay_of_an_experiment_that_is_over_goes_on(gress: Run, logged: list[object], tmp_path: Path) -> None:
    before = gress("replay", *logged)
    tree = settings_tree(enabled=False)
    tree["ml"]["ab_testing"]["enabled"] = False
    write_config(tmp_path / "job.yaml", tree)
    assert gress("replay", *logged) == before


def test_records_that_cannot_be_written_are_refused_in_a_line(gress: Run, logged: list[object]) -> None:
    assert gress("replay", *logged, "--output", "none/records.jsonl") == (
        2,
        "",
        "output none/records.jsonl: expected a file that can be written, got: No such file or directory; name another "
        "with --output\n",
    )


def test_page_is_written_beside_the_rows(gress: Run, tmp_path: Path) -> None:
    write_full_run(tmp_path / "run")
    assert gress("report", "run") == (0, "run/experiments.html\n", "")
    assert "<h1>checkout</h1>" in (tmp_path / "run" / "experiments.html").read_text("utf-8")


def test_page_of_one_experiment_goes_where_it_is_told(gress: Run, tmp_path: Path) -> None:
    write_rows(tmp_path / "run", verdicts=[record(0), record(0, experiment="other")])
    assert gress("report", "run", "--experiment", "other", "--output", "page.html") == (0, "page.html\n", "")
    assert "checkout" not in (tmp_path / "page.html").read_text("utf-8")


def test_run_without_experiments_is_refused_in_a_line(gress: Run, tmp_path: Path) -> None:
    assert gress("report", tmp_path) == (
        2,
        "",
        f"run {tmp_path}: expected verdicts, comparisons or predictions of an experiment, got none; name the --output "
        "of a run with ml.ab_testing.enabled=true\n",
    )


def test_power_on_the_page_is_what_the_command_prints(gress: Run, repository: Path) -> None:
    page = (repository / "docs" / "experiments.md").read_text("utf-8")
    (command,) = [line for line in page.splitlines() if line.startswith("gress experiments power")]
    out = gress(*command.split()[2:])[1]
    printed = [[cell.strip() for cell in line.split("│")[1:-1]] for line in out.splitlines() if "two variants" in line]
    assert len(printed) == 3
    for _, looks, units, _, _, days in printed:
        assert f"| {looks} | {units} | {days} |" in page
