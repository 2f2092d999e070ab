"""The page on SQL from top to bottom, as it is written, with the model of the page on Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.support.pages import read_blocks
from tests.support.reader import reading


def test_page_is_complete(repository: Path, jvm_folder: Path, sql_jars: None) -> None:
    names: dict[str, Any] = {}
    printed: list[str] = []
    with reading(jvm_folder) as reader:
        for block in read_blocks(repository / "docs" / "python.md"):
            if block.title:
                reader.save(block)
            elif block.language == "python":
                exec(compile(block.text, "docs/python.md", "exec"), names)
        blocks = read_blocks(repository / "docs" / "sql.md")
        for block in blocks:
            if block.title:
                reader.save(block)
        for block in blocks:
            printed += [reader.type(words) for words in block.commands]
    scored, alerts, jars, client = printed
    rows = [line.split() for line in scored.splitlines() if line.strip()[:1].isdigit()][:3]
    assert [(row[0], row[3], row[4], row[5]) for row in rows] == [
        ("1", "1", "2.0.0", "ok"), ("2", "0", "2.0.0", "ok"), ("3", "1", "2.0.0", "ok"),
    ]  # fmt: skip
    assert alerts.count("OK") == 3
    assert "flink-sql-gateway" in jars
    assert "ERROR" not in client
    written = "".join(path.read_text() for path in (jvm_folder / "alerts").rglob("*") if path.is_file())
    assert [line.split(",")[:3] for line in written.splitlines()] == 2 * [["3", "ana", "17500.0"]]
