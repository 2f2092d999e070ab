"""The page on Python from top to bottom, as it is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.pages import Block, read_blocks
from tests.support.reader import reading


def run(block: Block, names: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Run a program of the page in this process; return the lines that it printed."""
    exec(compile(block.text, "docs/python.md", "exec"), names)
    return capsys.readouterr().out.splitlines()


@pytest.mark.slow
def test_page_is_complete(repository: Path, jvm_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    printed = []
    with reading(jvm_folder) as reader:
        for block in read_blocks(repository / "docs" / "python.md"):
            if block.title:
                reader.save(block)
            if block.language == "python":
                # A file is a program of its own; other blocks go on where the one before ended.
                printed.append(run(block, {} if block.title else names, capsys))
    _, _, scores, program, tables, frame = printed
    assert [line.split()[1:] for line in scores] == [
        ["1", "2.0.0", "ok"], ["0", "2.0.0", "ok"], ["None", "None", "dead_letter"],
    ]  # fmt: skip
    high, low = (float(line.split()[0]) for line in scores[:2])
    assert high > 0.5 > low
    # The stream has the same amounts.
    assert program == [f"1: {high:.2f}", f"2: {low:.2f}", "field 'amount': expected double, got 'much'"]
    assert sorted(tables) == [f"1: {high:.2f} by 2.0.0", f"2: {low:.2f} by 2.0.0"]
    assert len(frame) >= len(names["past"])
    assert names["table"].columns.tolist() == ["amount_normalized"]
