"""Every link of the built site leads somewhere, and no page needs another server."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

PAGES = ("index", "first-job", "features", "models", "kafka", "clusters", "monitoring", "tuning", "architecture")
NAMED = r"`((?:benchmarks|conf|deploy|gress|jobs|models|state|tests|udfs)/[\w/.-]*)`"
HELD = r"`(\w+)`\s(?:in\s|\()`([\w/]+\.py)`"
REFERENCE = ("settings", "metrics", "rows", "python")


class Page(HTMLParser):
    """Links, loaded files and anchors of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.anchors: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if given.get(name)}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "link" and given.get("rel") != "canonical":
            self.loaded.append(given["href"])
        elif given.get("src"):
            self.loaded.append(given["src"])


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    found = {path: Page(path) for path in site.rglob("*.html") if path.name != "404.html"}
    assert {f"{name}.html" for name in PAGES} <= {path.name for path in found}
    assert {f"{name}.html" for name in REFERENCE} == {path.name for path in found if path.parent.name == "reference"}
    return found


def test_no_link_is_dead(pages: dict[Path, Page]) -> None:
    dead = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme in ("http", "https"):
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            anchor = unquote(parts.fragment)
            if not target.is_file() or (anchor and target in pages and anchor not in pages[target].anchors):
                dead.append(f"{path.name}: {link}")
    assert dead == []
    assert sum(len(page.links) for page in pages.values()) > 500


def test_nothing_is_loaded_from_elsewhere(pages: dict[Path, Page]) -> None:
    for path, page in pages.items():
        assert page.loaded
        for link in page.loaded:
            assert not urlsplit(link).netloc, f"{path.name}: {link}"
            assert (path.parent / urlsplit(link).path).is_file(), f"{path.name}: {link}"


def test_every_file_and_folder_that_a_page_names_is_there(repository: Path) -> None:
    named = {
        (page.name, path)
        for page in (repository / "docs").rglob("*.md")
        for path in re.findall(NAMED, page.read_text(encoding="utf-8"))
        if not path.endswith("NOUN.py")
    }
    assert [(page, path) for page, path in sorted(named) if not (repository / path).exists()] == []
    assert len(named) > 30


def test_every_name_that_a_page_finds_in_a_file_is_in_it(repository: Path) -> None:
    found = [
        (name, path)
        for page in (repository / "docs").rglob("*.md")
        for name, path in re.findall(HELD, page.read_text(encoding="utf-8"))
    ]
    assert [pair for pair in found if pair[0] not in (repository / pair[1]).read_text(encoding="utf-8")] == []
    assert len(found) >= 6


def test_no_module_is_in_the_site(site: Path) -> None:
    assert not list(site.rglob("*.py"))
