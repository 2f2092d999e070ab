"""Files to save and commands to run on a Markdown page."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"^```(\w+)(?: title=\"([^\"]+)\")?\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class PageFile:
    """A block with a title: a file under that name."""

    name: str
    text: str


def read_page(path: Path) -> list[PageFile | list[str]]:
    """Return files, and commands of blocks marked ``sh`` as lists of words, in the order of the page."""
    found: list[PageFile | list[str]] = []
    for kind, title, text in _BLOCK.findall(path.read_text(encoding="utf-8")):
        if title:
            found.append(PageFile(title, text))
        elif kind == "sh":
            found += [shlex.split(line, comments=True) for line in text.splitlines() if line.strip()]
    return found
