"""Pages of runs in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import NoReturn

import pytest
from playwright.sync_api import Browser

from tests.support.browser import launched_browser
from tests.support.browser_pages import Open, opened_pages


@pytest.fixture(scope="module")
def browser(no_service: Callable[[str], NoReturn]) -> Iterator[Browser]:
    with launched_browser(no_service) as launched:
        yield launched


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    with opened_pages(browser) as opening:
        yield opening


@pytest.fixture(scope="module")
def full_page(browser: Browser, full: Path) -> Iterator[Open]:
    """The page of a module's full run, opened once in each look: for tests that only read it."""
    with opened_pages(browser) as opening:
        yield cache(partial(opening, full))
