"""Blocks of code on a page of Markdown: files to save, commands to run."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

_FENCED = re.compile(r"^( *)```(\w*)(?: title=\"([^\"]+)\")?[^\n]*\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """Content between fences, the word after the first fence, and the title: the name of a file to save."""

    language: str
    title: str
    text: str

    @property
    def commands(self) -> list[list[str]]:
        """The words of each line of a block of shell, without comments."""
        if self.language != "sh":
            return []
        lines = self.text.replace("\\\n", " ").splitlines()
        return [words for line in lines if (words := shlex.split(line, comments=True))]


def read_blocks(page: Path) -> list[Block]:
    """Return the blocks of a page, in order."""
    found = _FENCED.findall(page.read_text("utf-8"))
    return [Block(language, title, dedent(text)) for _, language, title, text in found]


def prose_of(page: Path) -> str:
    """Return the page without its blocks."""
    return _FENCED.sub("", page.read_text("utf-8"))
