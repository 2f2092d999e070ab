"""The page in a real Chromium: everything drawn, nothing fetched, readable by day, by night and on paper."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page

from gress.report.page import write_report
from tests.gress.report.page_parts import MARKUP
from tests.gress.report.runs import drift_window, prediction, write_full_run, write_run
from tests.support.browser_pages import DRAWN, TEXTS, UNREADABLE, Open, contrast, unclear_texts
from tests.support.learning_slots import line, write_learning


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("full")
    write_full_run(run)
    write_report(run, run / "report.html")
    return run / "report.html"


def _wait_until(page: Page, condition: str) -> None:
    # Playwright's own way evaluates text inside of the page, which the page's policy forbids.
    for _ in range(600):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"never came: {condition}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_plot_is_drawn_and_nothing_is_fetched(full: Path, full_page: Open, tmp_path: Path, scheme: str) -> None:
    opened = full_page(scheme=scheme, width=1280)
    opened.page.screenshot(path=tmp_path / f"{scheme}.png", full_page=True)
    assert opened.complaints == []
    assert opened.requests == [full.as_uri()]
    plots = opened.page.evaluate(DRAWN)
    assert len(plots) == 11
    for plot in plots:
        assert min(plot["box"]) > 150, plot
        assert min(plot["points"]) > 0, plot
        assert len(plot["marks"]) == len(plot["points"]), plot
        # A guide line is flat.
        assert all(max(mark) > 10 for mark in plot["marks"]), plot


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 800), ("light", 420)])
def test_no_texts_of_a_plot_lie_over_one_another(full_page: Open, scheme: str, width: int) -> None:
    assert full_page(scheme=scheme, width=width).page.evaluate(UNREADABLE) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_is_large_and_clear_enough(full_page: Open, scheme: str) -> None:
    assert unclear_texts(full_page(scheme=scheme, width=1280), least=200) == []


def test_page_follows_the_change_from_day_to_night_and_back(full_page: Open) -> None:
    page = full_page(scheme="light", width=420).page
    fill = "getComputedStyle(document.querySelector('.plot .xtick text')).fill"
    back = "getComputedStyle(document.body).backgroundColor"
    day = page.evaluate(f"[{fill}, {back}]")
    page.emulate_media(color_scheme="dark")
    _wait_until(page, f"{fill} !== '{day[0]}'")
    night = page.evaluate(f"[{fill}, {back}]")
    assert day[1] != night[1]
    assert contrast(*night) > 4.5
    page.emulate_media(color_scheme="light")
    _wait_until(page, f"JSON.stringify([{fill}, {back}]) === '{json.dumps(day, separators=(',', ':'))}'")


def test_page_is_light_and_within_the_paper_when_printed(full_page: Open) -> None:
    page = full_page(scheme="dark", width=800).page
    width = page.evaluate("document.querySelector('.plot')._fullLayout.width")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(UNREADABLE) == []
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    page.evaluate(
        "window.addEventListener('beforeprint', () => { window.printed = [...document.querySelectorAll('.plot')]"
        ".map((plot) => [plot._fullLayout.width, plot._fullLayout.font.color]); })"
    )
    night = page.evaluate("document.querySelector('.plot')._fullLayout.font.color")
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    printed = page.evaluate("window.printed")
    assert {wide for wide, _ in printed} == {660}
    assert width != 660
    assert all(colour != night for _, colour in printed)
    _wait_until(page, f"document.querySelector('.plot')._fullLayout.width === {width}")


def test_no_text_of_a_run_is_executed(open_page: Open, tmp_path: Path) -> None:
    link = '<a href="javascript:window.hit=1">v</a>'
    texts = {"version": link, "variant": MARKUP, "model": MARKUP, "event_id": MARKUP, "key": link}
    rows = [prediction(i, prediction=i / 10, truth=float(i % 2), **texts) for i in range(10)]
    drift = [drift_window(i, {MARKUP: 0.9, link: 0.2}, model=link) for i in range(3)]
    letters = [{"reason": MARKUP, "category": link, "error": MARKUP, "value": MARKUP}]
    write_run(tmp_path, predictions=rows, alerts=rows, dead_letters=letters, drift=drift)
    write_report(tmp_path, tmp_path / "report.html", MARKUP)
    opened = open_page(tmp_path / "report.html")
    assert opened.complaints == []
    assert opened.page.evaluate("window.hit") is None
    assert opened.page.locator("img, .plot a").count() == 0
    assert "<img src=x" in opened.page.locator("h1").inner_text()
    assert link in (opened.page.locator("#plot-versions .legend").text_content() or "")


def test_empty_run_has_no_plot_and_no_complaint(open_page: Open, tmp_path: Path) -> None:
    write_run(tmp_path)
    write_report(tmp_path, tmp_path / "report.html")
    opened = open_page(tmp_path / "report.html")
    assert opened.complaints == []
    assert opened.page.locator(".plot").count() == 0
    assert opened.page.locator(".note").count() >= 4


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 420)])
def test_what_a_model_learnt_is_drawn_and_readable(open_page: Open, tmp_path: Path, scheme: str, width: int) -> None:
    fate = {
        7: {"promoted": False, "kept_because": "not better"},
        8: {"version": None, "promoted": None, "problem": "disk full"},
    }
    guard = {"looks": 99, "rolled_back": 1}
    lines = [line(hour, **fate.get(hour, {}), drifts=int(hour > 3), guard=guard) for hour in range(48)]
    write_run(tmp_path)
    write_learning(tmp_path, lines)
    write_report(tmp_path, tmp_path / "report.html")
    opened = open_page(tmp_path / "report.html", scheme=scheme, width=width)
    assert opened.complaints == []
    plots = opened.page.evaluate(DRAWN)
    assert [plot["name"] for plot in plots] == ["learning_0_auc_roc", "learning_0_log_loss"]
    for plot in plots:
        assert len(plot["marks"]) == len(plot["points"]), plot
        assert all(max(mark) > 5 for mark in plot["marks"]), plot
    assert opened.page.evaluate(UNREADABLE) == []
    texts = opened.page.evaluate(TEXTS)
    assert {"promoted", "published", "not published", "rolled back", "drift"} <= {text["text"] for text in texts}
    assert [text for text in texts if contrast(text["colour"], text["behind"]) < 4.5] == []
