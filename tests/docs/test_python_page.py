"""The page on Python from top to bottom, as it is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.pages import read_blocks
from tests.support.reader import reading


def test_page_is_complete(repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    printed = []
    with reading(tmp_path) as reader:
        for block in read_blocks(repository / "docs" / "python.md"):
            if block.title:
                reader.save(block)
            elif block.language == "python":
                exec(compile(block.text, "docs/python.md", "exec"), names)
                printed.append(capsys.readouterr().out)
    *_, scores, frame = printed
    assert [line.split()[1:] for line in scores.splitlines()] == [
        ["1", "2.0.0", "ok"], ["0", "2.0.0", "ok"], ["None", "2.0.0", "dead_letter"],
    ]  # fmt: skip
    high, low = (float(line.split()[0]) for line in scores.splitlines()[:2])
    assert high > 0.5 > low
    assert len(frame.splitlines()) >= len(names["past"])
    assert names["table"].columns.tolist() == ["amount_normalized"]
