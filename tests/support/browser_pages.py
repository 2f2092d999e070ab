"""Pages of reports in a browser: opened offline, with all that they ask for and complain of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

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


@contextmanager
def opened_pages(browser: Browser) -> Iterator[Open]:
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


def contrast(colour: str, behind: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21.

    Source: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
    """

    def luminance(text: str) -> float:
        parts = [int(part) / 255 for part in re.findall(r"\d+", text)[:3]]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(colour), luminance(behind)))
    return (high + 0.05) / (low + 0.05)


def unclear_texts(opened: Opened, *, least: int) -> list[dict[str, Any]]:
    """Return the texts of a page that are too small or too faint to read; there must be many texts."""
    texts = opened.page.evaluate(TEXTS)
    assert len(texts) > least
    return [text for text in texts if text["size"] < 12 or contrast(text["colour"], text["behind"]) < 4.5]
