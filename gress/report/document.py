"""An HTML page of panels, which needs no network and no other file."""

from __future__ import annotations

import base64
import gzip
import hashlib
import importlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from conf.folders.whole_file import whole_file
from gress.report.figures.style import templates
from gress.report.panel import Panel
from jobs.errors import fail

_TEMPLATES = Path(__file__).parent / "templates"


def require_libraries(command: str) -> None:
    """Refuse to go on without the libraries that pages are made with.

    Raises:
        JobError: one of them is not installed.
    """
    for name in ("jinja2", "plotly"):
        try:
            importlib.import_module(name)
        except ImportError:
            fail(command, f"expected the library {name}, which is not installed", "pip install 'gress-ml[report]'")


def write_page(target: Path, page: str) -> None:
    """Write a page; an existing file is replaced.

    Raises:
        JobError: the file cannot be written.
    """
    try:
        with whole_file(target) as part:
            part.write_text(page, encoding="utf-8")
    except OSError as error:
        fail(
            f"output {target}",
            f"expected a file that can be written, got: {error.strerror}",
            "name another with --output",
        )


def render_page(template: str, panels: Sequence[Panel], **content: object) -> str:
    """Return a page.

    Args:
        template: name of its template.
        panels: all panels with a figure, under names of their own.
        **content: other content by its name in the template.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from plotly.offline import get_plotlyjs

    plotly, script = get_plotlyjs(), _asset("page.js")
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template(template).render(
        **content,
        panels=panels,
        data=_data(panels),
        style=_asset("style.css"),
        script=script,
        packed_plotly=_packed(plotly),
        hashes=[_hash(script), _hash(plotly)],
    )


def _data(panels: Sequence[Panel]) -> str:
    """Return the page's data as JSON, escaped so that no text in it can end the script element."""
    from jinja2.utils import htmlsafe_json_dumps

    figures: dict[str, Any] = {
        panel.name: json.loads(panel.figure.to_json()) for panel in panels if panel.figure is not None
    }
    return htmlsafe_json_dumps({"figures": figures, "templates": templates()}, separators=(",", ":"))


def _asset(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _packed(script: str) -> str:
    """Return a script as base64 of gzip, which browsers since 2023 unpack; it shrinks the page from 5 to 2 MB."""
    return base64.b64encode(gzip.compress(script.encode(), mtime=0)).decode()


def _hash(script: str) -> str:
    """Return a script's hash for the Content-Security-Policy, which allows no other script to run."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
