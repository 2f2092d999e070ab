"""The parts of a page, read with the standard library's parser."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

MARKUP = "</script><script>window.hit=1</script><img src=x onerror=window.hit=1>&amp;\"'{{ 7 * 7 }}\u2028"
"""A text that would run as a script, or change the page, where it is not escaped."""


@dataclass
class PageParts(HTMLParser):
    """Tags with their attributes, texts outside of scripts and styles, and what scripts hold."""

    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    text: str = ""
    scripts: list[str] = field(default_factory=list)
    _inside: str = ""

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts[-1] += data
        elif self._inside != "style":
            self.text += f" {data.strip()}" if data.strip() else ""

    @property
    def figures(self) -> dict[str, Any]:
        """Figures of Plotly by the name of their panel."""
        figures: dict[str, Any] = json.loads(self.scripts[0])["figures"]
        return figures


def parse(page: str) -> PageParts:
    """Return the parts of a page."""
    parts = PageParts()
    parts.feed(page)
    parts.close()
    return parts
