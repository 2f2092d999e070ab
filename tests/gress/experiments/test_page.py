"""The page as text: every part there or its absence said, every number that of the records."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from gress.experiments.page.page import render, write_experiments_page
from jobs.errors import JobError
from tests.gress.experiments.runs_with_verdicts import (
    METRICS,
    answers,
    comparisons,
    record,
    write_full_run,
    write_rows,
)
from tests.gress.report.page_parts import MARKUP, PageParts, parse
from tests.state.verdicts.bandits.simulated import rates, simulate


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> PageParts:
    return parse(render(write_full_run(tmp_path_factory.mktemp("full"))))


def trace(figure: Any, name: str) -> Any:
    (found,) = [each for each in figure["data"] if each.get("name", "").startswith(name)]
    return found


def test_run_with_everything_shows_every_plot(full: PageParts) -> None:
    assert [*full.figures] == [
        "e0_t0_m0", "e0_t0_m1", "e0_t0_m2", "e0_units", "e0_split", "e0_actions",
        "e0_shadows_scores", "e0_shadows_matches", "e0_shadows_ranks",
    ]  # fmt: skip
    drawn = [attributes["data-figure"] for _, attributes in full.tags if "data-figure" in attributes]
    assert drawn == [*full.figures]


def test_head_is_the_last_record_in_words(full: PageParts) -> None:
    assert "treatment: promote it (promote, 2018-05-01 00:00 UTC) goal log_loss is better by 0.1" in full.text
    assert "units 1,200 4,800" in full.text
    # The ends are of the difference: where lower is better, those of the gain with the other sign.
    wide = 0.5 / np.sqrt(30)
    assert f"0.4375 0.5625 -0.096 {-(0.15 + wide):.6g} {-(0.1 - wide):.6g}" in full.text
    assert f"10.5 10.625 -0.096 {0.1 - wide / 2:.6g} {0.15 + wide / 2:.6g} 0.25" in full.text
    assert "control 720 treatment 180" in full.text


def test_sequences_are_those_of_the_records(full: PageParts) -> None:
    days = np.arange(30)
    for place, (name, rule) in enumerate(METRICS.items()):
        figure = full.figures[f"e0_t0_m{place}"]
        line = trace(figure, "difference")
        assert line["y"] == pytest.approx(-0.125 + 0.001 * days)
        assert (line["x"][0], line["x"][-1]) == ("2018-04-02 00:00:00", "2018-05-01 00:00:00")
        wide = 0.5 / np.sqrt(days + 1) / (place + 1)
        lower, upper = (0.1 - wide, 0.15 + wide) if rule["better"] == "higher" else (-0.15 - wide, wide - 0.1)
        least, most = [each for each in figure["data"] if each.get("legendgroup") == "all"]
        assert least["y"] == pytest.approx(lower, rel=1e-5)
        assert most["y"] == pytest.approx(upper, rel=1e-5)
        margins = [each["y"][0] for each in figure["data"] if each.get("name") == "margin"]
        assert margins == ([] if name == "log_loss" else [-0.25 if name == "revenue" else 0.01])


def test_intervals_are_those_of_a_confidence_sequence(full: PageParts) -> None:
    """Waudby-Smith et al., arXiv 2103.06476, eq. 9, written out here once more."""
    n, se, alpha = 100.0 * np.arange(1, 31), 0.125 / np.sqrt(np.arange(1, 31)), 0.05
    rho = np.sqrt((-2 * np.log(alpha) + np.log(-2 * np.log(alpha) + 1)) / 5000)
    half = se * np.sqrt(2 * (n * rho**2 + 1) / (n * rho**2) * np.log(np.sqrt(n * rho**2 + 1) / alpha))
    figure = full.figures["e0_t0_m0"]
    line = trace(figure, "difference")
    upper = trace(figure, "interval")
    assert upper["y"] == pytest.approx(line["y"] + half, rel=1e-5)
    lower = figure["data"][figure["data"].index(upper) - 1]
    assert lower["y"] == pytest.approx(line["y"] - half, rel=1e-5)
    assert line["customdata"][9] == pytest.approx([lower["y"][9], upper["y"][9], 1_000])


def test_intervals_of_a_test_with_an_end_are_what_its_looks_leave_open(tmp_path: Path) -> None:
    looks = [record(day) for day in range(3)]
    for look in looks:
        look["rules"]["metrics"]["log_loss"]["max_units"] = 4_000
    page = parse(render(write_rows(tmp_path, verdicts=looks)))
    figure = page.figures["e0_t0_m0"]
    least, most = [each for each in figure["data"] if each.get("legendgroup") == "all"]
    upper = trace(figure, "interval")
    assert upper["y"] == most["y"]
    assert figure["data"][figure["data"].index(upper) - 1]["y"] == least["y"]
    assert "with 0.95 confidence, at 20 looks on the way to 4,000, where the test ends." in page.text


def test_units_split_and_actions_are_those_of_the_records(full: PageParts) -> None:
    units = trace(full.figures["e0_units"], "treatment (1,200)")
    assert units["customdata"] == [40 * day for day in range(1, 31)]
    assert units["y"] == pytest.approx([0.2] * 30)
    planned = [each for each in full.figures["e0_units"]["data"] if each["line"].get("dash") == "dot"]
    assert [each["y"][-1] for each in planned] == pytest.approx([0.8, 0.2])
    split = full.figures["e0_split"]
    assert trace(split, "p")["y"] == pytest.approx(0.9 / np.arange(1, 31), rel=1e-5)
    assert trace(split, "alarm")["y"] == [0.001, 0.001]
    assert split["layout"]["yaxis"]["type"] == "log"
    actions = full.figures["e0_actions"]
    assert [each["name"] for each in actions["data"]] == ["continue (25)", "promote (1)", "hold (4)"]


def test_units_of_earlier_steps_were_planned_otherwise(tmp_path: Path) -> None:
    looks = [record(day) for day in range(4)]
    for day, look in enumerate(looks):
        share = 0.1 if day < 2 else 0.5
        look["rules"]["shares"] = {"control": 1 - share, "treatment": share}
    page = parse(render(write_rows(tmp_path, verdicts=looks)))
    planned = [each for each in page.figures["e0_units"]["data"] if each["line"].get("dash") == "dot"]
    assert planned[1]["y"] == pytest.approx([0.1, 0.1, (0.1 * 2 + 0.5) / 3, (0.1 * 2 + 0.5 * 2) / 4], rel=1e-5)


def test_shadows_are_those_of_the_comparisons(full: PageParts) -> None:
    rows = comparisons(600)
    for name, factor in (("scores", 1), ("ranks", 2)):
        figure = full.figures[f"e0_shadows_{name}"]
        drawn = trace(figure, "treatment beside control (300)")
        assert sum(drawn["customdata"]) == 300
        deltas = [factor * row["score_delta"] for row in rows if row["variant"] == "control"]
        most = factor * max(abs(row["score_delta"]) for row in rows)
        assert drawn["customdata"] == np.histogram(deltas, np.linspace(-most, most, 52))[0].tolist()
    matches = trace(full.figures["e0_shadows_matches"], "control beside treatment")
    assert sum(matches["customdata"]) == 300
    share = np.array(matches["y"]) @ np.array(matches["customdata"]) / 300
    assert share == pytest.approx(np.mean([row["is_match"] for row in rows if row["variant"] == "treatment"]))
    deltas = np.array([row["score_delta"] for row in rows if row["variant"] == "control"])
    assert f"treatment beside control 300 100.00% {deltas.mean():.4g} {np.abs(deltas).max():.4g}" in full.text


def test_comparisons_without_ranks_have_no_plot_of_them(tmp_path: Path) -> None:
    run = write_rows(tmp_path, comparisons=comparisons(50, rank_delta=None))
    assert [*parse(render(run)).figures] == ["e0_shadows_scores", "e0_shadows_matches"]


def test_shadows_that_always_say_the_same_are_said_to(tmp_path: Path) -> None:
    page = parse(render(write_rows(tmp_path, comparisons=comparisons(50, score_delta=0.0, rank_delta=None))))
    assert "Shadows: difference of scores All 50 scores are equal." in page.text


def test_without_verdicts_the_page_shows_what_there_is(tmp_path: Path) -> None:
    page = parse(render(write_rows(tmp_path, predictions=answers(100))))
    assert [*page.figures] == ["e0_answers"]
    assert sum(trace(page.figures["e0_answers"], "treatment (20)")["y"]) == 20
    assert "control 80 treatment 20" in page.text
    assert "There is no verdict on it here: its settings have no `verdict:`" in page.text
    assert "There are no comparisons here: it has no shadows (enable_shadow_mode)" in page.text


def test_first_looks_without_an_interval_are_said_to_be(tmp_path: Path) -> None:
    look = record(0)
    look["numbers"] |= {f"log_loss.{name}": None for name in ("difference", "se", "gain_lower", "gain_upper")}
    page = parse(render(write_rows(tmp_path, verdicts=[look])))
    assert "No look has an interval yet: that takes two units with a value in both variants." in page.text
    assert "e0_t0_m0" not in page.figures


def test_changes_that_verdicts_made_are_told(tmp_path: Path) -> None:
    done = {"generation": 3, "weights": {"control": 0.0, "treatment": 100.0}, "state": "promoted"}
    looks = [record(0), record(1, action="promote", done=done), record(2, done={"ended": "promoted"})]
    page = parse(render(write_rows(tmp_path / "run", verdicts=looks)))
    assert "2018-04-03 00:00 UTC: weights control 0, treatment 100, promoted" in page.text
    failed = [record(0, action="rollback", done={"failed": "the registry is away"})]
    page = parse(render(write_rows(tmp_path / "other", verdicts=failed)))
    assert "treatment: roll it back (rollback," in page.text
    assert "2018-04-02 00:00 UTC: not done: the registry is away" in page.text
    waiting = [record(0, action="promote", done={"waits_for": "errors of the split"})]
    page = parse(render(write_rows(tmp_path / "third", verdicts=waiting)))
    assert "it waits for errors of the split" in page.text


def test_experiments_stand_apart_and_one_may_be_asked_for(tmp_path: Path) -> None:
    looks = [record(0), record(0, experiment="other"), record(0, "second")]
    run = write_rows(tmp_path, verdicts=looks, predictions=answers(10, "third"))
    page = parse(render(run))
    assert [tag["aria-label"] for _, tag in page.tags if tag.get("class") == "experiment"] == [
        "checkout",
        "other",
        "third",
    ]
    assert "second: go on" in page.text
    assert len(page.figures) == 9 + 6 + 1
    one = parse(render(run, "other"))
    assert "checkout" not in one.text
    assert len(one.figures) == 6


def test_verdicts_on_the_same_rows_stand_apart(tmp_path: Path) -> None:
    paired = record(0, is_paired=True, action="promote", arms={"treatment": {"units": 77, "log_loss": -0.125}})
    paired["rules"] = {**paired["rules"], "metrics": {"log_loss": paired["rules"]["metrics"]["log_loss"]}}
    page = parse(render(write_rows(tmp_path, verdicts=[paired, record(0)])))
    assert "treatment: go on (continue, 2018-04-02 00:00 UTC)" in page.text
    assert "treatment on the same rows: promote it (promote, 2018-04-02 00:00 UTC)" in page.text
    assert "Metrics: treatment beside control, on the same rows" in page.text
    assert "Goal log_loss: treatment less control, on the same rows" in page.text
    assert "units 77 77 log_loss goal, lower is better -0.125 " in page.text
    assert [*page.figures] == [
        "e0_t0_m0", "e0_t0_m1", "e0_t0_m2", "e0_t1_m0", "e0_units", "e0_split", "e0_actions",
    ]  # fmt: skip
    assert [each["y"] for each in page.figures["e0_actions"]["data"]] == [["treatment"], ["treatment on the same rows"]]
    assert [each["name"] for each in page.figures["e0_units"]["data"] if "name" in each] == [
        "control (160)", "treatment (40)",
    ]  # fmt: skip


def test_many_looks_are_thinned_and_the_last_one_stays(tmp_path: Path) -> None:
    run = write_rows(tmp_path, verdicts=[record(day) for day in range(2_345)])
    line = trace(parse(render(run)).figures["e0_t0_m0"], "difference")
    assert 700 < len(line["x"]) <= 1_000
    assert line["y"][-1] == pytest.approx(-0.125 + 2.344, rel=1e-5)


def test_markup_in_names_stays_text(tmp_path: Path) -> None:
    looks = [record(day, MARKUP, experiment=MARKUP, reasons=[MARKUP]) for day in range(3)]
    pairs = comparisons(20, experiment=MARKUP, shadow=MARKUP)
    text = render(write_rows(tmp_path, verdicts=looks, comparisons=pairs))
    assert MARKUP not in text
    page = parse(text)
    assert len(page.scripts) == 3
    assert "img" not in {tag for tag, _ in page.tags}
    assert MARKUP.strip() in page.text


def test_comparisons_may_be_parquet(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from jobs.run_folder.arrow import arrow_schema, parse_lines
    from udfs.rows import COMPARISON

    lines = comparisons(40)
    block = b"".join(orjson.dumps(line) + b"\n" for line in lines)
    table = parse_lines(block, arrow_schema(COMPARISON))
    assert isinstance(table, pa.Table)
    (tmp_path / "parquet").mkdir()
    pq.write_table(table, tmp_path / "parquet" / "comparisons.parquet")
    write_rows(tmp_path / "json", comparisons=lines)
    pages = [parse(render(tmp_path / name)) for name in ("parquet", "json")]
    assert pages[0].figures == pages[1].figures


@pytest.mark.parametrize(
    ("given", "name", "whole"),
    [
        (
            {},
            "",
            "run RUN: expected verdicts, comparisons or predictions of an experiment, got none; name the --output of a "
            "run with ml.ab_testing.enabled=true",
        ),
        (
            {"verdicts": [record(0)]},
            "chekout",
            "experiment 'chekout': expected one of this run, got checkout; name one with --experiment",
        ),
        (
            {"verdicts": [{"experiment": "x"}]},
            "",
            'RUN/verdicts/part-0-0 line 1: expected a record of a verdict with variant, got b\'{"experiment":"x"}\'; '
            "remove verdicts/ to go without",
        ),
    ],
    ids=["no experiment", "unknown name", "no record"],
)
def test_runs_without_it_are_refused(given: Any, name: str, whole: str, tmp_path: Path) -> None:
    write_rows(tmp_path, **given)
    with pytest.raises(JobError, match=f"^{re.escape(whole.replace('RUN', str(tmp_path)))}$"):
        render(tmp_path, name)


def test_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    whole = f"run {tmp_path}/none: expected the folder of a run, got none; name the --output of a `gress run`"
    with pytest.raises(JobError, match=f"^{re.escape(whole)}$"):
        write_experiments_page(tmp_path / "none", tmp_path / "page.html")


def test_bandit_shows_its_weights_and_what_each_variant_is_worth(tmp_path: Path) -> None:
    told = simulate(rates(0.05, 0.1, 0.12), arms=3, looks=12).records
    page = parse(render(write_rows(tmp_path, verdicts=told)))
    first = [record for record in told if record["variant"] == "new"]
    names = ("control", "new", "newer")
    for place, name in enumerate(names):
        weights = page.figures["e0_weights"]["data"][place]
        assert weights["name"] == name
        assert weights["y"] == pytest.approx([record["rules"]["shares"][name] for record in first], rel=1e-5)
        rewards, own = page.figures["e0_rewards"]["data"][place], [each["bandit"]["rewards"][name] for each in first]
        assert rewards["y"] == pytest.approx([each["value"] for each in own], rel=1e-5)
        bars = [each["upper"] - each["value"] for each in own]
        assert rewards["error_y"]["array"] == pytest.approx(bars, rel=1e-4)
        last = own[-1]
        line = f"{name} {first[-1]['bandit']['weights'][name]:g} % {last['value']:.6g} {last['lower']:.6g} "
        assert f"{line}{last['upper']:.6g} {last['effective_units']:,.0f} {last['chance']:.3g}" in page.text
    actions = {each["name"].split()[0]: len(each["x"]) for each in page.figures["e0_actions"]["data"]}
    assert actions["reweigh"] == sum(record["action"] == "reweigh" for record in told) > 3


def test_other_experiments_have_no_weights_over_time(full: PageParts) -> None:
    assert "chance to be best" not in full.text
    assert "e0_weights" not in full.figures


def test_rolled_back_variant_of_a_bandit_stays_in_the_table_without_numbers(tmp_path: Path) -> None:
    (*_, last) = simulate(rates(0.05, 0.1), looks=3).records
    told = {**last["bandit"], "weights": {"control": 100.0, "new": 0.0}, "rewards": {"control": {"value": None}}}
    page = parse(render(write_rows(tmp_path, verdicts=[{**last, "bandit": told}])))
    assert re.search(r"control 100 % new 0 %", page.text)
