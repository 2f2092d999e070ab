"""Curves as SVG for the docs, both axes logarithmic."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_WIDTH, _HEIGHT, _LEFT, _TOP = 640, 300, 70, 40
_RIGHT, _BOTTOM = _WIDTH - 20, _HEIGHT - 50
_COLOURS = ("#3f51b5", "#c2410c")


def draw(title: str, below: str, curves: Mapping[str, Mapping[int, float]]) -> str:
    """Return an SVG of at most two curves over the same numbers.

    Args:
        title: title, which names the unit of the values.
        below: name of the numbers.
        curves: value by number, by the name at the curve's end; of two curves the lower one first.
    """
    scale = _Scale.over(curves)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        'font-size="13" fill="#333">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" rx="6" fill="#fafafa"/>',
        f'<text x="16" y="24" font-weight="bold">{title}</text>',
        *(_level(10.0**power, scale) for power in range(scale.low, scale.high + 1)),
        *(_number(number, scale) for number in next(iter(curves.values()))),
    ]
    for place, (name, curve) in enumerate(curves.items()):
        # The values of the first of two curves stand below it, out of the other's way.
        is_below = place == 0 and len(curves) > 1
        parts += _curve(name, curve, _COLOURS[place], scale, below=is_below)
    parts += [
        f'<text x="{(_LEFT + _RIGHT) // 2}" y="{_HEIGHT - 10}" text-anchor="middle">{below}</text>',
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


@dataclass(frozen=True)
class _Scale:
    """Both axes: logarithms of the first and last number, powers of ten below and above all values."""

    first: float
    last: float
    low: int
    high: int

    @classmethod
    def over(cls, curves: Mapping[str, Mapping[int, float]]) -> _Scale:
        numbers = [number for curve in curves.values() for number in curve]
        values = [value for curve in curves.values() for value in curve.values()]
        low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
        return cls(math.log10(min(numbers)), math.log10(max(numbers)), low, high)

    def x(self, number: int) -> float:
        return _LEFT + 50 + (_RIGHT - _LEFT - 90) * (math.log10(number) - self.first) / (self.last - self.first)

    def y(self, value: float) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * (math.log10(value) - self.low) / (self.high - self.low)


def _level(level: float, scale: _Scale) -> str:
    y = scale.y(level)
    return (
        f'<path d="M{_LEFT} {y:.1f}H{_RIGHT}" stroke="#ccc"/>'
        f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{level:,g}</text>'
    )


def _number(number: int, scale: _Scale) -> str:
    return f'<text x="{scale.x(number):.1f}" y="{_BOTTOM + 18}" text-anchor="middle">{number:,}</text>'


def _curve(name: str, curve: Mapping[int, float], colour: str, scale: _Scale, *, below: bool) -> Iterator[str]:
    value_at, name_at = (20, -10) if below else (-10, 20)
    places = [(scale.x(number), scale.y(value)) for number, value in curve.items()]
    listed = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    yield f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{listed}"/>'
    for (x, y), value in zip(places, curve.values(), strict=True):
        yield (
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>'
            f'<text x="{x:.1f}" y="{y + value_at:.1f}" text-anchor="middle" paint-order="stroke" stroke="#fafafa" '
            f'stroke-width="4">{_short(value)}</text>'
        )
    if name:
        x, y = places[-1]
        yield f'<text x="{x:.1f}" y="{y + name_at:.1f}" text-anchor="middle" fill="{colour}">{name}</text>'


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
