"""The page in a real Chromium: everything drawn, nothing fetched, readable by day, by night and on paper."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import NoReturn

import pytest
from playwright.sync_api import Browser, Page

from gress.report.page import write_report
from tests.gress.report.page_parts import MARKUP
from tests.gress.report.runs import drift_window, prediction, write_full_run, write_run
from tests.support.browser import launched_browser

# Every trace of every plot: how many points it holds and how large it is on the screen.
DRAWN = """() => [...document.querySelectorAll(".plot")].map((plot) => ({
  name: plot.dataset.figure,
  box: [plot.clientWidth, plot.clientHeight],
  points: plot.data.map((trace) => trace.x.filter((x) => x !== null).length),
  marks: [...plot.querySelectorAll(".cartesianlayer .trace, .cartesianlayer .hm image")].map((mark) => {
    const box = mark.getBoundingClientRect();
    return [box.width, box.height];
  }),
}))"""

# Texts of plots that lie over one another or leave their plot; a pixel of overlap is none.
UNREADABLE = """() => [...document.querySelectorAll(".plot")].flatMap((plot) => {
  const frame = plot.getBoundingClientRect();
  const texts = [...plot.querySelectorAll(".main-svg text")].filter((text) => text.textContent.trim());
  const boxes = texts.map((text) => text.getBoundingClientRect());
  const found = [];
  boxes.forEach((a, i) => {
    if (a.left < frame.left - 1 || a.right > frame.right + 1 || a.top < frame.top - 1 || a.bottom > frame.bottom + 1) {
      found.push(`${plot.dataset.figure}: ${texts[i].textContent} leaves its plot`);
    }
    boxes.slice(i + 1).forEach((b, j) => {
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (wide > 1 && high > 1) {
        found.push(`${plot.dataset.figure}: ${texts[i].textContent} over ${texts[i + 1 + j].textContent}`);
      }
    });
  });
  return found;
})"""

# Font size, colour and what lies behind it, of every text of plots and of the page.
TEXTS = """() => [...document.querySelectorAll(".plot text, h1, h2, p, dt, dd, td, th, .figure span")]
  .filter((element) => element.textContent.trim() && element.getBoundingClientRect().width > 0)
  .map((element) => {
    const style = getComputedStyle(element);
    let behind = element;
    while (behind && getComputedStyle(behind).backgroundColor.startsWith("rgba(0, 0, 0, 0")) {
      behind = behind.parentElement;
    }
    return {
      text: element.textContent.trim().slice(0, 40),
      size: parseFloat(style.fontSize),
      colour: element instanceof SVGElement ? style.fill : style.color,
      behind: behind ? getComputedStyle(behind).backgroundColor : "rgb(255, 255, 255)",
    };
  })"""


@dataclass
class Opened:
    """A page with all that it asked for and complained of."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


Open = Callable[..., Opened]
Look = Callable[..., Opened]


@pytest.fixture(scope="module")
def browser(no_service: Callable[[str], NoReturn]) -> Iterator[Browser]:
    with launched_browser(no_service) as launched:
        yield launched


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("full")
    write_full_run(run)
    write_report(run, run / "report.html")
    return run / "report.html"


@contextmanager
def _pages(browser: Browser) -> Iterator[Open]:
    """Yield what opens pages, and close them in the end."""
    contexts = []

    def call(path: Path, *, scheme: str = "light", width: int = 1280) -> Opened:
        context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900}, offline=True)
        contexts.append(context)
        opened = Opened(context.new_page())
        opened.page.on("console", lambda message: opened.complaints.append(message.text))
        opened.page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        opened.page.on("request", lambda request: opened.requests.append(request.url))
        opened.page.goto(path.as_uri())
        opened.page.wait_for_selector("body[data-drawn]", timeout=60_000)
        return opened

    yield call
    for context in contexts:
        context.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    with _pages(browser) as opening:
        yield opening


@pytest.fixture(scope="module")
def full_page(browser: Browser, full: Path) -> Iterator[Look]:
    """The page of the full run, opened once in each look: for tests that only read it."""
    with _pages(browser) as opening:
        yield cache(partial(opening, full))


def _contrast(colour: str, behind: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21.

    Source: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
    """

    def luminance(text: str) -> float:
        parts = [int(part) / 255 for part in re.findall(r"\d+", text)[:3]]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(colour), luminance(behind)))
    return (high + 0.05) / (low + 0.05)


def _wait_until(page: Page, condition: str) -> None:
    # Playwright's own way evaluates text inside of the page, which the page's policy forbids.
    for _ in range(600):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"never came: {condition}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_plot_is_drawn_and_nothing_is_fetched(full: Path, full_page: Look, tmp_path: Path, scheme: str) -> None:
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
def test_no_texts_of_a_plot_lie_over_one_another(full_page: Look, scheme: str, width: int) -> None:
    assert full_page(scheme=scheme, width=width).page.evaluate(UNREADABLE) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_is_large_and_clear_enough(full_page: Look, scheme: str) -> None:
    texts = full_page(scheme=scheme, width=1280).page.evaluate(TEXTS)
    assert len(texts) > 200
    assert [text for text in texts if text["size"] < 12] == []
    assert [text for text in texts if _contrast(text["colour"], text["behind"]) < 4.5] == []


def test_page_follows_the_change_from_day_to_night_and_back(full_page: Look) -> None:
    page = full_page(scheme="light", width=420).page
    fill = "getComputedStyle(document.querySelector('.plot .xtick text')).fill"
    back = "getComputedStyle(document.body).backgroundColor"
    day = page.evaluate(f"[{fill}, {back}]")
    page.emulate_media(color_scheme="dark")
    _wait_until(page, f"{fill} !== '{day[0]}'")
    night = page.evaluate(f"[{fill}, {back}]")
    assert day[1] != night[1]
    assert _contrast(*night) > 4.5
    page.emulate_media(color_scheme="light")
    _wait_until(page, f"JSON.stringify([{fill}, {back}]) === '{json.dumps(day, separators=(',', ':'))}'")


def test_page_is_light_and_within_the_paper_when_printed(full_page: Look) -> None:
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
