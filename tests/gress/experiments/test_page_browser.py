"""The page of experiments in a real Chromium: everything drawn, nothing fetched, readable by day and by night."""

from __future__ import annotations

from pathlib import Path

import pytest

from gress.experiments.page.page import write_experiments_page
from tests.gress.experiments.runs_with_verdicts import (
    answers,
    comparisons,
    record,
    write_full_run,
    write_rows,
)
from tests.gress.report.page_parts import MARKUP
from tests.state.verdicts.bandits.simulated import rates, simulate
from tests.support.browser_pages import DRAWN, UNREADABLE, Open, unclear_texts


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = write_full_run(tmp_path_factory.mktemp("full"))
    write_experiments_page(run, run / "experiments.html")
    return run / "experiments.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_plot_is_drawn_and_nothing_is_fetched(full: Path, full_page: Open, scheme: str) -> None:
    opened = full_page(scheme=scheme, width=1280)
    assert opened.complaints == []
    assert opened.requests == [full.as_uri()]
    plots = opened.page.evaluate(DRAWN)
    assert len(plots) == 9
    for plot in plots:
        assert min(plot["box"]) > 150, plot
        assert min(plot["points"]) > 0, plot
        assert len(plot["marks"]) == len(plot["points"]), plot
        # A level is flat, and so are dots in a row; one dot is small.
        assert all(max(mark) > 8 for mark in plot["marks"]), plot


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 800), ("light", 420)])
def test_no_texts_of_a_plot_lie_over_one_another(full_page: Open, scheme: str, width: int) -> None:
    assert full_page(scheme=scheme, width=width).page.evaluate(UNREADABLE) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_is_large_and_clear_enough(full_page: Open, scheme: str) -> None:
    assert unclear_texts(full_page(scheme=scheme, width=1280), least=150) == []


def test_first_look_and_runs_without_verdicts_are_drawn_too(open_page: Open, tmp_path: Path) -> None:
    first = record(0)
    first["numbers"] |= {"sample_ratio.p": 0.0}
    run = write_rows(
        tmp_path / "run",
        verdicts=[first],
        predictions=answers(1, "unjudged"),
        comparisons=comparisons(1, rank_delta=None),
    )
    write_experiments_page(run, run / "page.html")
    opened = open_page(run / "page.html")
    assert opened.complaints == []
    assert [len(plot["marks"]) == len(plot["points"]) for plot in opened.page.evaluate(DRAWN)] == [True] * 9
    assert opened.page.evaluate(UNREADABLE) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_bandit_is_drawn_and_can_be_read(scheme: str, open_page: Open, tmp_path: Path) -> None:
    looks = simulate(rates(0.05, 0.1, 0.12), arms=3, looks=12).records
    run = write_rows(tmp_path / "run", verdicts=looks)
    write_experiments_page(run, run / "page.html")
    opened = open_page(run / "page.html", scheme=scheme, width=1280)
    assert opened.complaints == []
    assert all(min(plot["points"]) > 0 for plot in opened.page.evaluate(DRAWN))
    assert opened.page.evaluate(UNREADABLE) == []
    assert unclear_texts(opened, least=50) == []


def test_no_text_of_a_run_is_executed(open_page: Open, tmp_path: Path) -> None:
    looks = [record(day, MARKUP, experiment=MARKUP, reasons=[MARKUP]) for day in range(3)]
    run = write_rows(tmp_path / "run", verdicts=looks, comparisons=comparisons(20, experiment=MARKUP, shadow=MARKUP))
    write_experiments_page(run, run / "page.html")
    opened = open_page(run / "page.html")
    assert opened.complaints == []
    assert opened.page.evaluate("window.hit") is None
    assert opened.page.locator("img").count() == 0
