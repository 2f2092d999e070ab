"""The picture of a row's way through a job, as SVG: one for light pages, one for dark ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 920, 404
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', 'DejaVu Sans', sans-serif"

LIGHT = {
    "text": "#1f2430", "quiet": "#57606a", "line": "#6e7781", "frame": "#d0d7de",
    "edge": "#ddf4ff", "jvm": "#fff1d6", "python": "#dff6e8", "store": "#f0e7fb", "bad": "#ffe3dc",
}  # fmt: skip
DARK = {
    "text": "#e6edf3", "quiet": "#9aa4af", "line": "#8b949e", "frame": "#3d444d",
    "edge": "#12344f", "jvm": "#47350f", "python": "#123d29", "store": "#352553", "bad": "#4e2018",
}  # fmt: skip


@dataclass(frozen=True)
class Box:
    """A step or a place: its title, and lines below it."""

    x: int
    y: int
    width: int
    height: int
    colour: str
    title: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Arrow:
    """A way of rows: straight from one point to another, with words beside it."""

    x1: int
    y1: int
    x2: int
    y2: int
    text: str = ""


BOXES = (
    Box(4, 150, 140, 120, "edge", "Events", ("Kafka", "JSON Lines, CSV", "Parquet, generator")),
    Box(176, 150, 140, 120, "python", "Parse", ("Python, a block", "of lines at a time")),
    Box(346, 150, 155, 120, "jvm", "Windows per key", ("Flink's JVM state,", "event time")),
    Box(531, 150, 165, 120, "python", "Features → model", ("Python, Arrow batches", "ONNX, TFLite")),
    Box(531, 8, 165, 62, "store", "Model registry", ("folder, S3, GCS, Azure",)),
    Box(176, 338, 520, 58, "bad", "Dead letters", ("the reason, the error, the text of the row",)),
    Box(750, 110, 165, 58, "edge", "Predictions", ("Kafka or files",)),
    Box(750, 181, 165, 58, "edge", "Alerts", ("scores over a threshold",)),
    Box(750, 252, 165, 58, "edge", "Metrics and drift", ("gress top, Prometheus",)),
)
ARROWS = (
    Arrow(144, 210, 176, 210),
    Arrow(316, 210, 346, 210),
    Arrow(501, 210, 531, 210),
    Arrow(613, 70, 613, 150, "a promoted version is swapped in"),
    Arrow(246, 270, 246, 338, "malformed, or too late for the windows"),
    Arrow(613, 270, 613, 338, "cannot be scored"),
    Arrow(696, 190, 750, 139),
    Arrow(696, 210, 750, 210),
    Arrow(696, 230, 750, 281),
)


def draw(colours: Mapping[str, str]) -> str:
    """Return the picture in these colours."""
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
        f' role="img" aria-label="Events are parsed, windowed, turned into features and scored; every row comes out'
        f' as a prediction or as a dead letter." font-family="{FONT}">',
        f'<defs><marker id="end" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto">'
        f'<path d="M0 0 10 5 0 10z" fill="{colours["line"]}"/></marker></defs>',
        f'<rect x="160" y="104" width="554" height="190" rx="12" fill="none" stroke="{colours["frame"]}"'
        ' stroke-width="1.5" stroke-dasharray="6 5"/>',
        _text(174, 128, "one Flink job, on a laptop or a cluster", colours["quiet"], size=13, anchor="start"),
        *(part for arrow in ARROWS for part in _arrow(arrow, colours)),
        *(part for box in BOXES for part in _box(box, colours)),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _box(box: Box, colours: Mapping[str, str]) -> Iterator[str]:
    yield (
        f'<rect x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}" rx="8" '
        f'fill="{colours[box.colour]}" stroke="{colours["line"]}" stroke-width="1"/>'
    )
    middle = box.x + box.width // 2
    top = box.y + (box.height - 22 - 18 * len(box.lines)) // 2 + 17
    yield _text(middle, top, box.title, colours["text"], size=15, weight=600)
    for number, line in enumerate(box.lines, 1):
        yield _text(middle, top + 2 + 18 * number, line, colours["text"], size=13)


def _arrow(arrow: Arrow, colours: Mapping[str, str]) -> Iterator[str]:
    yield (
        f'<path d="M{arrow.x1} {arrow.y1}L{arrow.x2} {arrow.y2}" stroke="{colours["line"]}" stroke-width="1.6" '
        'fill="none" marker-end="url(#end)"/>'
    )
    if arrow.text:
        # Above the frame for what comes from above, below it for what goes down.
        y = 94 if arrow.y1 < 100 else 319
        yield _text(arrow.x1 + 10, y, arrow.text, colours["quiet"], size=13, anchor="start")


def _text(
    x: int, y: int, text: str, colour: str, *, size: int, weight: int = 400, anchor: str = "middle"
) -> str:
    return (
        f'<text x="{x}" y="{y}" fill="{colour}" font-size="{size}" font-weight="{weight}" '
        f'text-anchor="{anchor}">{escape(text)}</text>'
    )
