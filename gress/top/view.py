"""Layout of the view of a running job, for a terminal's size or without a limit."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from gress.health.examine import Health
from gress.top.blocks import (
    Block,
    allot,
    changes_block,
    drift_block,
    learning_block,
    reasons_block,
    variants_block,
    versions_block,
)
from gress.top.figures import MINUTE_S, Figures, Spread
from gress.top.texts import UNKNOWN, elide, number_text, rate_text, seconds_text, sparkline

_WIDE = 150
_MOST_NOTICES = 4
# Workers write their counts about once a second, so shorter bars would jump between zero and twice the rate.
_SHORTEST_BAR_S = 2.0
_STATE_STYLES = {"ok": "green", "degraded": "yellow", "down": "bold red"}


class TopView:
    """Figures, drawn for the size of the console.

    Args:
        figures: figures to draw.
        title: the first line.
        is_fitted: leave out and name the tables that do not fit the terminal; else show all.
        interval_s: seconds between two answers.
    """

    def __init__(self, figures: Figures, title: str, *, is_fitted: bool, interval_s: float = 1.0) -> None:
        self._figures = figures
        self._title = title
        self._is_fitted = is_fitted
        self._interval_s = interval_s

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the lines."""
        width = options.max_width
        top = [
            Text(elide(self._title, width), style="bold"),
            *_job_lines(self._figures.job, width),
            *_notices(self._figures, width),
            self._rate_line(width, is_ascii=options.ascii_only),
        ]
        yield from top
        yield _spreads_table(self._figures)
        used = len(top) + 4
        # Keep the last line for the names of tables that do not fit.
        yield self._lower(width, max(options.size.height - used - 1, 0) if self._is_fitted else None)

    def _rate_line(self, width: int, *, is_ascii: bool) -> Text:
        found = self._figures
        line = Text.assemble(("rows/s ", "bold"), f"{rate_text(found.rows_per_s):>9}")
        line.append(f"  minute {rate_text(found.rows_per_s_minute)}  total {number_text(found.rows_total)}")
        if found.queue_rows is not None:
            line.append(f"  queue {number_text(found.queue_rows)}")
        bars = min(int(MINUTE_S / max(self._interval_s, _SHORTEST_BAR_S)), width - len(line) - 2)
        if len(found.history) > 1 and bars > 0:
            line.append("  " + sparkline(found.history, MINUTE_S, bars, is_ascii=is_ascii), style="cyan")
        line.truncate(width)
        return line

    def _lower(self, width: int, room: int | None) -> RenderableType:
        found = self._figures
        left = [versions_block(found), variants_block(found), learning_block(found), changes_block(found)]
        right = [reasons_block(found), drift_block(found)]
        if width < _WIDE or not any(block.rows for block in right):
            return _stacked((left[0], *right, *left[1:]), width, room)
        grid = Table.grid(padding=(0, 2, 0, 0))
        half = width // 2 - 2
        grid.add_row(_stacked(left, half, room), _stacked(right, half, room))
        return grid


def _stacked(blocks: Sequence[Block], width: int, room: int | None) -> Group:
    """Stack blocks; without a limit put a blank line before each."""
    shown = [block for block in blocks if block.rows]
    if room is None:
        return Group(*(part for block in shown for part in (Text(), block.table(width))))
    lines = allot(shown, room)
    parts: list[RenderableType] = [
        block.table(width, limit) for block, limit in zip(shown, lines, strict=True) if limit
    ]
    left_out = [block.title for block, limit in zip(shown, lines, strict=True) if not limit]
    if left_out:
        parts.append(Text(elide(f"no room for: {'; '.join(left_out)}", width), style="dim"))
    return Group(*parts)


def _job_lines(health: Health | None, width: int) -> list[Text]:
    """Return a line for each job of the cluster, and for the cluster if it does not answer."""
    if health is None:
        return []
    names = dict.fromkeys(check.job for check in health.checks if check.job)
    lines = []
    for name in names:
        checks = [check for check in health.checks if check.job == name]
        line = Text(f"{name} ", style="bold")
        line.append(", ".join(_check_text(check.name, check.detail) for check in checks), style="not bold")
        lines.append(line)
    lines += [
        Text(f"{check.name}: {check.detail}", style=_STATE_STYLES[check.state])
        for check in health.checks
        if not check.job and (check.state != "ok" or not names)
    ]
    for line in lines:
        line.plain = elide(line.plain, 10**6)
        line.truncate(width, overflow="ellipsis")
    return lines


def _check_text(name: str, detail: str) -> str:
    return detail if name == "state" else f"{name} {detail}"


def _notices(figures: Figures, width: int) -> list[Text]:
    """Return the problems of endpoints, so that a partial view is not mistaken for the whole."""
    texts = [
        (f"{each.endpoint}: no answer ({each.problem})", "bold red")
        if each.problem
        else (f"{each.endpoint}: answers, without a metric of gress-ml yet", "yellow")
        for each in figures.endpoints
        if each.problem or not each.has_metrics
    ]
    if len(texts) > _MOST_NOTICES:
        more = len(texts) - _MOST_NOTICES + 1
        texts = [*texts[: _MOST_NOTICES - 1], (f"{more:,} more endpoints without figures", "bold red")]
    return [Text(elide(text, width), style=style) for text, style in texts]


def _spreads_table(figures: Figures) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    table.add_column("recent", min_width=12, no_wrap=True)
    for head in ("mean", "p50", "p95", "p99"):
        table.add_column(head, justify="right", min_width=9, no_wrap=True)
    table.add_row("latency", *_times(figures.latency_s))
    table.add_row("end to end", *_times(figures.end_to_end_s))
    batches = figures.batch_rows
    quantiles = (number_text(each, batches.limit) for each in (batches.p50, batches.p95, batches.p99))
    table.add_row("batch size", UNKNOWN if batches.mean is None else f"{batches.mean:,.1f}", *quantiles)
    return table


def _times(spread: Spread) -> tuple[str, ...]:
    quantiles = (seconds_text(each, spread.limit) for each in (spread.p50, spread.p95, spread.p99))
    return seconds_text(spread.mean), *quantiles
