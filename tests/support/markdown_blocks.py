"""Blocks of code in a page of Markdown."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Block:
    """Content between fences, and the word after the first fence."""

    language: str
    text: str


def read_blocks(page: Path) -> list[Block]:
    """Return the blocks of a page, in order."""
    found = re.findall(r"^```(\w*)[^\n]*\n(.*?)^```$", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    return [Block(language, text) for language, text in found]


def commands_of(block: Block) -> list[str]:
    """Return the commands of a block of shell, without comments."""
    lines = [line for line in block.text.splitlines() if line.strip()]
    return [shlex.join(shlex.split(line, comments=True)) for line in lines]
