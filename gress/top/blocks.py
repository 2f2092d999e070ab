"""The tables of the view, and the division of the screen among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table
from rich.text import Text

from gress.top.figures import Count, Figures
from gress.top.texts import UNKNOWN, elide, rate_text, score_text, seconds_text, share_text
from udfs.metrics.catalogue import METRICS
from udfs.scoring.breaker import BreakerState

LARGE_DRIFT = 0.8

_GAP = 2
_NARROWEST_NAME = 8
_BREAKER_STYLES = {
    BreakerState.OPEN.word: "bold red",
    BreakerState.HALF_OPEN.word: "yellow",
    BreakerState.CLOSED.word: "green",
}


@dataclass(frozen=True)
class Block:
    """A table without lines, a row a line.

    Attributes:
        columns: heads of the columns; the first column is shortened if there is no room, the last ones are figures.
        rows: rows with a text for each column.
        words: number of columns, from the left, that hold words.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Text, ...], ...]
    words: int = 1

    @property
    def title(self) -> str:
        """The topic of the table."""
        return self.columns[0]

    def table(self, width: int, limit: int | None = None) -> Table:
        """Return a table of at most ``limit`` lines, including its head and a count of the rows left out."""
        rows = self.rows
        hidden = 0 if limit is None or len(rows) < limit else len(rows) - limit + 2
        if hidden:
            rows = rows[: len(rows) - hidden]
        table = Table(box=None, padding=(0, _GAP, 0, 0), pad_edge=False, header_style="bold")
        for index, head in enumerate(self.columns):
            table.add_column(head, justify="left" if index < self.words else "right", no_wrap=True)
        name_width = self._name_width(rows, width)
        for name, *others in rows:
            table.add_row(Text(elide(name.plain, name_width), style=name.style), *others)
        if hidden:
            table.add_row(Text(f"{hidden:,} more", style="dim"))
        return table

    def _name_width(self, rows: Sequence[tuple[Text, ...]], width: int) -> int:
        others = [
            max(len(head), *(len(row[index]) for row in rows), 0) for index, head in enumerate(self.columns) if index
        ]
        return max(width - sum(others) - _GAP * len(self.columns), _NARROWEST_NAME)


def allot(blocks: Sequence[Block], room: int) -> list[int]:
    """Return the number of lines for each block; earlier blocks come first.

    A block gets no line unless there is room for its head and a row.
    """
    lines = [0] * len(blocks)
    for index in range(len(blocks)):
        if room >= 2:
            lines[index], room = 2, room - 2
    while room:
        wanting = [index for index, block in enumerate(blocks) if 0 < lines[index] <= len(block.rows)]
        if not wanting:
            break
        for index in wanting[:room]:
            lines[index] += 1
        room -= len(wanting[:room])
    return lines


def versions_block(figures: Figures) -> Block:
    """Return the table of model versions."""
    rows = [
        (
            Text(_of_job(figures, each.job, f"{each.model}@{each.version}")),
            Text(share_text(each.share)),
            Text(rate_text(each.rows_per_s)),
            Text(rate_text(each.errors_per_s), style="red" if each.errors_per_s else ""),
            Text(seconds_text(each.latency_p99_s, figures.latency_s.limit)),
            Text(each.breaker or UNKNOWN, style=_BREAKER_STYLES.get(each.breaker or "", "")),
            Text(f"{each.loaded:g}"),
        )
        for each in figures.versions
    ]
    return Block(("model", "share", "rows/s", "errors/s", "p99", "breaker", "loaded"), tuple(rows))


def variants_block(figures: Figures) -> Block:
    """Return the table of experiment variants."""
    rows = [
        (
            Text(_of_job(figures, each.job, f"{each.experiment} {each.variant}")),
            Text(share_text(each.share)),
            Text(rate_text(each.rows_per_s)),
            Text(rate_text(each.errors_per_s), style="red" if each.errors_per_s else ""),
            Text(seconds_text(each.latency_p99_s, METRICS["abtest_variant_latency_seconds"].buckets[-1])),
            Text(each.verdict or UNKNOWN),
        )
        for each in figures.variants
    ]
    return Block(("experiment", "share", "rows/s", "errors/s", "p99", "verdict"), tuple(rows))


def learning_block(figures: Figures) -> Block:
    """Return the table of models that learn; failures are red."""
    rows = [
        (
            Text(_of_job(figures, each.job, each.model)),
            Text(rate_text(each.rows_per_s)),
            Text(rate_text(each.errors_per_s), style="red" if each.errors_per_s or each.publish_failures else ""),
            Text(f"{each.measure} {score_text(each.score)}" if each.measure else UNKNOWN),
            Text(score_text(each.served_score)),
            Text(elide(each.last_version or UNKNOWN, 16)),
        )
        for each in figures.learning
    ]
    return Block(("learning", "rows/s", "errors/s", "score", "served", "published"), tuple(rows))


def reasons_block(figures: Figures) -> Block:
    """Return the table of events without their model's prediction, by reason."""
    rows = [
        *_count_rows("fallback", (*_job_label(figures), "model", "version"), "reason", figures.fallbacks),
        *_count_rows("dead letter", ("job", "stage"), "reason", figures.dead_letters),
    ]
    return Block(("fallbacks, dead letters", "reason", "/min", "total"), tuple(rows), words=2)


def changes_block(figures: Figures) -> Block:
    """Return the table of swaps, failed loads, registry failures and shadow comparisons."""
    job = _job_label(figures)
    rows = [
        *_count_rows("swap", (*job, "model"), "result", figures.swaps),
        *_count_rows("load error", (*job, "model", "version"), "error_type", figures.load_errors),
        *_count_rows("registry error", (*job, "model"), "", figures.registry_errors),
        *_count_rows("shadow", (*job, "experiment"), "result", figures.shadows),
    ]
    return Block(("swaps, registry", "result", "/min", "total"), tuple(rows), words=2)


def drift_block(figures: Figures) -> Block:
    """Return the table of drift scores: the overall ones, then the worst; large ones are red and marked."""
    rows = []
    for each in figures.drift:
        is_large = each.score is not None and each.score >= LARGE_DRIFT
        score = UNKNOWN if each.score is None else f"{each.score:.2f}{' !' if is_large else '  '}"
        style = "bold red" if is_large else ""
        model = _of_job(figures, each.job, f"{each.model}@{each.version}")
        name = f"{each.metric.removeprefix('feature:')} of {model}"
        rows.append((Text(name, style=style), Text(score, style=style)))
    return Block(("drift, worst first", "score"), tuple(rows))


def _of_job(figures: Figures, job: str, name: str) -> str:
    """Return a name with its job before it, where the endpoints show several jobs."""
    return f"{job} {name}" if figures.has_several_jobs else name


def _job_label(figures: Figures) -> tuple[str, ...]:
    return ("job",) if figures.has_several_jobs else ()


def _count_rows(kind: str, where: Sequence[str], what: str, counts: Sequence[Count]) -> list[tuple[Text, ...]]:
    # Leave out counters that are still 0.
    return [
        (
            Text(" ".join(filter(None, [kind, *(each.labels.get(name, "") for name in where)]))),
            Text(elide(each.labels.get(what, ""), 24)),
            Text(rate_text(each.per_minute), style="yellow" if each.per_minute else ""),
            Text(f"{each.total:,.0f}"),
        )
        for each in counts
        if each.total
    ]
