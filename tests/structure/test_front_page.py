"""README and CONTRIBUTING: short, with links that lead somewhere and settings that load."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import gress
from tests.support.pages import read_blocks

PAGES = ("README.md", "CONTRIBUTING.md")
LONGEST = 120


@pytest.mark.parametrize("name", PAGES)
def test_page_is_read_in_minutes(repository: Path, name: str) -> None:
    assert len((repository / name).read_text("utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("name", PAGES)
def test_links_and_pictures_are_there(repository: Path, name: str) -> None:
    text = (repository / name).read_text("utf-8")
    found = re.findall(r'\]\(([^)]+)\)|(?:src|srcset)="([^"]+)"', text)
    targets = [link or source for link, source in found]
    dead = [target for target in targets if not (repository / target.partition("#")[0]).is_file()]
    assert targets
    assert dead == []


@pytest.mark.parametrize("name", PAGES)
def test_paths_that_are_named_are_there(repository: Path, name: str) -> None:
    text = (repository / name).read_text("utf-8")
    paths = re.findall(r"`((?:conf|jobs|gress|models|state|udfs|docs|benchmarks)/[\w/.]*)`", text)
    assert [path for path in paths if not (repository / path).exists()] == []


def test_job_of_the_readme_is_valid(repository: Path, tmp_path: Path) -> None:
    (block,) = (block for block in read_blocks(repository / "README.md") if block.language == "yaml")
    path = tmp_path / "returns.yaml"
    path.write_text(block.text, "utf-8")
    settings = gress.load_settings(path, environ={})
    assert settings.job is not None
    features = gress.compile_feature_set(settings.job.features, settings.job.events)
    assert features.columns == ("amount", "country_DE", "country_FR", "country_PL", "orders_7d")
    assert len(block.text.splitlines()) <= 30
