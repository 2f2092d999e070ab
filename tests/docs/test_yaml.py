"""Settings that stand on a page are settings there are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from conf.loading.schema import names_at
from conf.settings import Settings
from conf.yaml_text import parse_yaml

REPOSITORY = Path(__file__).resolve().parents[2]
PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
ROOTS = {"ml", "job", "execution"}
_BLOCK = re.compile(r"^```yaml[^\n]*\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def trees() -> list[tuple[str, dict[str, object]]]:
    """Return the page and the content of each block of settings."""
    found = [(page.name, parse_yaml(block)) for page in PAGES for block in _BLOCK.findall(page.read_text("utf-8"))]
    return [(page, tree) for page, tree in found if isinstance(tree, dict) and set(tree) <= ROOTS]


def unknown_keys(value: object, path: tuple[str | int, ...] = ()) -> Iterator[str]:
    """Yield the path of each key that no settings class has."""
    if isinstance(value, list):
        for index, each in enumerate(value):
            yield from unknown_keys(each, (*path, index))
    if isinstance(value, dict):
        names = names_at(Settings, path)
        for key, each in value.items():
            # Every name is allowed if none is known, as in options of Kafka's client.
            if names and "*" not in names and key not in names:
                yield ".".join(map(str, (*path, key)))
            yield from unknown_keys(each, (*path, key))


@pytest.mark.parametrize(("page", "tree"), trees())
def test_settings_on_a_page_are_known(page: str, tree: dict[str, object]) -> None:
    assert list(unknown_keys(tree)) == []


def test_there_are_settings_on_pages_and_a_wrong_one_is_found() -> None:
    assert len(trees()) >= 5
    wrong = {"ml": {"metrics": {"prot": 1}, "models": [{"name": "m", "verison": "1"}]}}
    assert list(unknown_keys(wrong)) == ["ml.metrics.prot", "ml.models.0.verison"]
