"""The pictures are those that their scripts make."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest


@pytest.fixture
def images(repository: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder of the scripts, which import each other as programs do."""
    folder = repository / "docs" / "images"
    monkeypatch.syspath_prepend(str(folder))
    for name in ("data_flow", "real_run"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return folder


def test_picture_of_the_way_of_a_row_is_up_to_date(images: Path) -> None:
    script = runpy.run_path(str(images / "data_flow.py"))
    for scheme in ("light", "dark"):
        drawn = script["draw"](script[scheme.upper()])
        assert (images / f"data-flow-{scheme}.svg").read_text("utf-8") == drawn, "run: make images"


def test_program_that_takes_pictures_finds_what_it_uses(images: Path) -> None:
    script = runpy.run_path(str(images / "make_images.py"), run_name="not main")
    assert callable(script["main"])


def test_pictures_ask_no_other_server(images: Path) -> None:
    texts = [path.read_text("utf-8") for path in images.glob("*.svg")]
    assert len(texts) >= 4
    assert [text for text in texts if "url(http" in text or "href=" in text] == []
