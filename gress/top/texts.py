"""Figures as short texts."""

from __future__ import annotations

from collections.abc import Sequence

UNKNOWN = "-"
"""A figure that is not known, or not yet."""

_DAY_S = 86_400
_BARS = "▁▂▃▄▅▆▇█"
_ASCII_BARS = "_.-=+*%#"


def rate_text(rate: float | None) -> str:
    """Return a rate as text.

    >>> rate_text(12_345.6), rate_text(1.25), rate_text(0.0), rate_text(None)
    ('12,346', '1.2', '0', '-')
    """
    if rate is None:
        return UNKNOWN
    if not rate:
        return "0"
    return f"{rate:,.0f}" if rate >= 100 else f"{rate:.1f}" if rate >= 0.1 else f"{rate:.2g}"


def seconds_text(seconds: float | None, limit: float | None = None) -> str:
    """Return a time in a suitable unit; a time at a histogram's last bound gets a ``>``, as it may be longer.

    >>> seconds_text(0.00012), seconds_text(0.0123), seconds_text(1.5), seconds_text(2.5, 2.5), seconds_text(None)
    ('120 us', '12.3 ms', '1.50 s', '>2.50 s', '-')

    Events of long ago are replayed:

    >>> seconds_text(270_938_169.15)
    '3,136 d'
    """
    if seconds is None:
        return UNKNOWN
    more = ">" if seconds == limit else ""
    if seconds < 0.001:
        return f"{more}{seconds * 1e6:.0f} us"
    if seconds >= 2 * _DAY_S:
        return f"{more}{seconds / _DAY_S:,.0f} d"
    return f"{more}{seconds * 1e3:.1f} ms" if seconds < 1 else f"{more}{seconds:,.2f} s"


def number_text(number: float | None, limit: float | None = None) -> str:
    """Return a number of rows as text; one at a histogram's last bound gets a ``>``, as it may be more.

    >>> number_text(512.4), number_text(10_000.0, 10_000.0), number_text(None)
    ('512', '>10,000', '-')
    """
    return UNKNOWN if number is None else f"{'>' if number == limit else ''}{number:,.0f}"


def share_text(share: float | None) -> str:
    """Return a share in per cent.

    >>> share_text(0.0512), share_text(None)
    ('5.1 %', '-')
    """
    return UNKNOWN if share is None else f"{100 * share:.1f} %"


def score_text(score: float | None) -> str:
    """Return a score with four significant digits.

    >>> score_text(0.87), score_text(0.04123), score_text(1234.5), score_text(None)
    ('0.8700', '0.04123', '1234', '-')
    """
    return UNKNOWN if score is None else f"{score:#.4g}".rstrip(".")


def elide(text: str, width: int) -> str:
    """Cut the middle out of a long text, as names differ at their ends; replace unprintable characters.

    >>> elide("fraud-detector@2.0.0", 16), elide("short", 16)
    ('fraud-d..r@2.0.0', 'short')
    """
    text = "".join(each if each.isprintable() else "?" for each in text)
    if len(text) <= width:
        return text
    kept = max(width - 2, 0)
    return f"{text[: kept - kept // 2]}..{text[len(text) - kept // 2 :]}"


def sparkline(history: Sequence[tuple[float, float]], span_s: float, width: int, *, is_ascii: bool = False) -> str:
    """Return bars for rates, the latest at the right, with blanks for unknown rates.

    Args:
        history: (seconds ago, rate).
        span_s: span of time of all bars together.
        width: number of bars.
        is_ascii: use ASCII only, for terminals that show nothing else.

    >>> sparkline([(0.0, 8.0), (1.0, 4.0), (3.0, 0.0)], 4.0, 4)
    '▁ ▄█'
    """
    bars = _ASCII_BARS if is_ascii else _BARS
    seen: dict[int, list[float]] = {}
    for ago_s, rate in history:
        # A rate belongs to the time before its request.
        seen.setdefault(width - 1 - int(ago_s / span_s * width + 1e-6), []).append(rate)
    means = {place: sum(rates) / len(rates) for place, rates in seen.items() if place >= 0}
    largest = max(means.values(), default=0.0)
    height = {place: mean / largest if largest else 0.0 for place, mean in means.items()}
    return "".join(
        bars[max(round(height[place] * len(bars)) - 1, 0)] if place in height else " " for place in range(width)
    )
