"""Makes the pictures of README and docs: the way of a row, and what a real run shows. ``make images``.

It needs chromium, and a quarter of an hour of a quiet machine.
"""

from __future__ import annotations

import io
import re
import shutil
import tempfile
from pathlib import Path

from data_flow import DARK, LIGHT, draw
from playwright.sync_api import sync_playwright
from real_run import run
from rich.console import Console

import gress
from gress.top.view import TopView

HERE = Path(__file__).parent
WIDTH_PX, HEIGHT_PX = 1280, 1000
COLUMNS, LINES = 104, 32


def main() -> None:
    """Write all pictures beside this file."""
    for name, colours in (("light", LIGHT), ("dark", DARK)):
        (HERE / f"data-flow-{name}.svg").write_text(draw(colours), "utf-8")
    with tempfile.TemporaryDirectory(prefix="gress-images-") as folder:
        output, view = run(Path(folder))
        (HERE / "top.svg").write_text(terminal(view), "utf-8")
        gress.write_report(output, output / "report.html")
        photograph(output / "report.html")


def terminal(view: TopView) -> str:
    """Return what a terminal shows, as SVG; no font is loaded from elsewhere."""
    console = Console(record=True, width=COLUMNS, height=LINES, file=io.StringIO(), force_terminal=True)
    console.print(view)
    drawn = console.export_svg(title="gress top", unique_id="top")
    return re.sub(r"@font-face \{.*?\}", "", drawn, flags=re.DOTALL)


def photograph(page: Path) -> None:
    """Take the upper part of a report, by day and by night."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for scheme in ("light", "dark"):
            opened = browser.new_page(color_scheme=scheme, viewport={"width": WIDTH_PX, "height": HEIGHT_PX})
            opened.goto(page.as_uri())
            opened.wait_for_selector("body[data-drawn]", timeout=60_000)
            opened.screenshot(path=HERE / f"report-{scheme}.png")
        browser.close()


if __name__ == "__main__":
    main()
