"""The site in a real Chromium, opened from its folder, without a network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from playwright.sync_api import Browser, Page, Request

from tests.support.browser import launched_browser


@pytest.fixture(scope="module")
def browser(no_service: Callable[[str], NoReturn]) -> Iterator[Browser]:
    with launched_browser(no_service) as launched:
        yield launched


class Reader:
    """A page, with what went wrong on it and what it asked for outside of the site."""

    def __init__(self, page: Page, site: Path) -> None:
        self.page, self._site = page, site
        self.complaints: list[str] = []
        page.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("requestfailed", self._note_failure)
        page.on("request", lambda request: self._check(request.url))

    def open(self, path: Path) -> None:
        self.page.goto(path.as_uri())
        self.page.wait_for_selector(".md-content h1")

    def _note_failure(self, request: Request) -> None:
        # The next page may open before this one has its icon; a missing file is net::ERR_FILE_NOT_FOUND.
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"failed: {request.url}: {request.failure}")

    def _check(self, url: str) -> None:
        if not url.startswith((self._site.as_uri(), "data:", "blob:", "about:")):
            self.complaints.append(f"from elsewhere: {url}")


@pytest.fixture(params=["light", "dark"])
def reader(request: pytest.FixtureRequest, browser: Browser, site: Path) -> Iterator[Reader]:
    context = browser.new_context(color_scheme=request.param, viewport={"width": 1280, "height": 900}, offline=True)
    yield Reader(context.new_page(), site)
    context.close()


@pytest.mark.parametrize("reader", ["light"], indirect=True)
def test_every_page_opens_without_a_complaint(reader: Reader, site: Path) -> None:
    pages = sorted(path for path in site.rglob("*.html") if path.name != "404.html")
    assert len(pages) >= 13
    for path in pages:
        reader.open(path)
        assert reader.complaints == [], path.name
        # Tables and code may be wider than the page and then scroll by themselves; the page itself does not.
        assert reader.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path.name


def test_page_is_as_light_or_dark_as_the_reader_wants(reader: Reader, site: Path) -> None:
    reader.open(site / "index.html")
    is_dark = reader.page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    colour = reader.page.evaluate("getComputedStyle(document.body).backgroundColor")
    brightness = sum(int(part) for part in colour.removeprefix("rgb(").rstrip(")").split(",")[:3])
    assert (brightness < 200) == is_dark
    assert reader.page.locator("body").get_attribute("data-md-color-scheme") == ("slate" if is_dark else "default")


def test_search_finds_a_setting_without_a_server(reader: Reader, site: Path) -> None:
    reader.open(site / "index.html")
    reader.page.locator(".md-search__input").first.click()
    reader.page.keyboard.type("watermark_delay")
    reader.page.wait_for_selector(".md-search-result__item a", timeout=30_000)
    links = reader.page.locator(".md-search-result__item a").evaluate_all("links => links.map(link => link.href)")
    assert any("reference/settings.html" in link for link in links)
    assert reader.complaints == []
