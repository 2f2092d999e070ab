"""Load, backlog and slots over time as SVG for the docs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from benchmarks.elastic.watched import Sample

_WIDTH, _LEFT, _RIGHT = 640, 60, 620
_TOPS, _HEIGHT = (50, 180, 310), 90
_LONG_S = 1_200.0
_COLOURS = ("#3f51b5", "#c2410c", "#15803d")


def draw(title: str, samples: Sequence[Sample], waiting: Callable[[int], int]) -> str:
    """Return an SVG of three curves above each other, over the seconds since the first row that counts.

    Args:
        title: of the picture.
        samples: looks of the autoscaler.
        waiting: function from epoch milliseconds to rows without a prediction.
    """
    seen = [each for each in samples if each.second > 0]
    end_s = max(each.second for each in seen)
    curves = {
        "rows/s that arrive": [(each.second, each.rate) for each in seen],
        "rows that wait": [(each.second, float(waiting(each.at_ms))) for each in seen],
        "slots": [(each.second, float(each.decision.slots)) for each in seen if each.decision.current],
    }
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} 440" font-family="sans-serif" '
        'font-size="13" fill="#333">',
        f'<rect width="{_WIDTH}" height="440" rx="6" fill="#fafafa"/>',
        f'<text x="16" y="24" font-weight="bold">{title}</text>',
    ]
    for (name, points), top, colour in zip(curves.items(), _TOPS, _COLOURS, strict=True):
        parts += _panel(name, points, top, colour, end_s)
    changes = [(each.second, each.decision.action) for each in seen if each.decision.action != "hold"]
    parts += [_change(second, action, end_s) for second, action in changes]
    parts += [_number(second, end_s) for second in range(0, int(end_s) + 1, _apart_s(end_s))]
    parts += [f'<text x="{_RIGHT}" y="434" text-anchor="end">seconds</text>', "</svg>"]
    return "\n".join(parts) + "\n"


def _panel(name: str, points: Iterable[tuple[float, float]], top: int, colour: str, end_s: float) -> Iterator[str]:
    listed = list(points)
    most = max((value for _, value in listed), default=0.0) or 1.0
    bottom = top + _HEIGHT
    yield f'<path d="M{_LEFT} {bottom}H{_RIGHT}" stroke="#ccc"/>'
    yield f'<text x="{_LEFT}" y="{top - 8}" fill="{colour}">{name}</text>'
    yield f'<text x="{_LEFT - 8}" y="{top + 4}" text-anchor="end">{most:,.0f}</text>'
    yield f'<text x="{_LEFT - 8}" y="{bottom + 4}" text-anchor="end">0</text>'
    # A value holds until the next one.
    steps: list[str] = []
    for (second, value), (following, _) in zip(listed, [*listed[1:], (end_s, 0.0)], strict=True):
        y = bottom - _HEIGHT * value / most
        steps += [f"{_x(second, end_s):.1f},{y:.1f}", f"{_x(following, end_s):.1f},{y:.1f}"]
    yield f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{" ".join(steps)}"/>'


def _change(second: float, action: str, end_s: float) -> str:
    x = _x(second, end_s)
    line = f'<path d="M{x:.1f} {_TOPS[0]}V{_TOPS[-1] + _HEIGHT}" stroke="#999" stroke-dasharray="3 3"/>'
    return f'{line}<text x="{x + 4:.1f}" y="{_TOPS[-1] - 8}" fill="#666">{action}</text>'


def _apart_s(end_s: float) -> int:
    return 100 if end_s < _LONG_S else 600


def _number(second: int, end_s: float) -> str:
    return f'<text x="{_x(second, end_s):.1f}" y="{_TOPS[-1] + _HEIGHT + 18}" text-anchor="middle">{second}</text>'


def _x(second: float, end_s: float) -> float:
    return _LEFT + (_RIGHT - _LEFT) * second / end_s
