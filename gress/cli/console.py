"""Output of the command: a live line, tables."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from pydantic_core import to_jsonable_python
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text
from typing_extensions import Self

from conf.types.printable import cell, printable, printable_json
from jobs.evaluation.evaluate import evaluation_text
from jobs.evaluation.measures import MEASURES
from jobs.run_folder.learning_figures import learning_text
from jobs.run_folder.model_versions import named_version
from jobs.run_folder.row_counts import Counts
from jobs.run_folder.summary import Summary
from jobs.runs.watches.stages import Stage

if TYPE_CHECKING:
    from udfs.features.reference import FeatureReference

_PLAIN_EVERY_S = 10.0


class StatusLine:
    """One line on standard error that is rewritten, where that is a terminal; nothing elsewhere."""

    def __init__(self, text: str = "") -> None:
        self._console = Console(stderr=True)
        self._live = Live(Text(text), console=self._console, transient=True, auto_refresh=False)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start(refresh=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def write(self, text: str) -> None:
        """Show a text in place of the one before."""
        if self._console.is_terminal:
            self._live.update(Text(printable(text)), refresh=True)


class LiveLine(StatusLine):
    """The counts of a run in one line; where standard error is no terminal, in a new line now and then."""

    def __init__(self) -> None:
        super().__init__("starting Flink")
        self._shown_s = -_PLAIN_EVERY_S
        self._last = ""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        if kind is KeyboardInterrupt and self._last:
            sys.stderr.write(f"interrupted: {self._last}\n")

    def show(self, counts: Counts, total: int | None) -> None:
        """Show the counts so far."""
        text = self._last = counts.text(total)
        self.write(text)
        if not self._console.is_terminal and counts.seconds - self._shown_s >= _PLAIN_EVERY_S:
            self._shown_s = counts.seconds
            sys.stderr.write(text + "\n")

    def tell(self, stage: Stage) -> None:
        """Print a stage of the start in a line that stays, above the live one."""
        if self._console.is_terminal:
            self._console.print(Text(printable(stage.text())))
        else:
            sys.stderr.write(stage.text() + "\n")


def print_line(text: str) -> None:
    """Print a text, its control characters escaped: a terminal would obey them."""
    sys.stdout.write(printable(text) + "\n")


def print_json(document: object) -> None:
    """Print records, mappings and lists as one JSON document; times in ISO 8601, UTC as ``Z``."""
    content = to_jsonable_python(document)
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    sys.stdout.write(printable_json(text) + "\n")


def utc_text(at: dt.datetime | None) -> str:
    """Return a time for people, in UTC; "" for None.

    Example:
        >>> utc_text(dt.datetime(2024, 3, 1, 0, 30, tzinfo=dt.timezone(dt.timedelta(hours=1))))
        '2024-02-29 23:30'
    """
    return at.astimezone(dt.timezone.utc).strftime("%Y-%m-%d %H:%M") if at else ""


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table; its cells wrap rather than lose text, up to thousands of characters."""
    table = Table(title=Text(printable(title), style="italic") if title else None, title_justify="left")
    for column in columns:
        table.add_column(Text(printable(column)), overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell(text)) for text in row))
    console = Console()
    if not console.is_terminal:
        console = Console(width=200)
    console.print(table)


def print_features(references: Sequence[FeatureReference]) -> None:
    """Print feature types as a table; a parameter is ``name (default): meaning``."""
    rows = [
        (
            each.type,
            each.text,
            "\n".join(f"{one.name} ({one.default}): {one.text}" for one in each.parameters),
            each.null_rule,
            "\n".join(f"{column.column} = {column.formula}" for column in each.columns),
        )
        for each in references
    ]
    print_table("", ("type", "what it computes", "parameters", "null rule", "formula of an example"), rows)


def _models_texts(summary: Summary) -> Iterator[str]:
    for name, rows in summary.versions.items():
        model, version = named_version(summary.model or "", name)
        yield f"{model} {version} ({rows:,})"


def print_summary(summary: Summary, output: Path, *, events: str = "events") -> None:
    """Print a run's figures and where the rest is; ``events`` is the name of the first of them."""
    rows = [
        (events, f"{summary.events:,}"),
        ("predictions", f"{summary.predictions:,}"),
        ("alerts", f"{summary.alerts:,}"),
        ("dead letters", _with_reasons(summary)),
        ("rows/s", _rates_text(summary)),
        ("model", " ".join(_models_texts(summary))),
        ("variants", ", ".join(f"{variant} ({n:,})" for variant, n in summary.variants.items())),
        ("verdict", "\n".join(f"{variant}: {text}" for variant, text in summary.verdicts.items())),
        ("labels", ", ".join(f"{n:,} {outcome}" for outcome, n in summary.labels.items())),
        ("learning", "\n".join(f"{model}: {learning_text(own)}" for model, own in summary.learning.items())),
        ("feature set", summary.feature_set or ""),
        ("batch scored in", ", ".join(f"{name} {us / 1000:g} ms" for name, us in summary.latency_us.items())),
    ]
    rows += _quality(summary)
    rows += [("note", summary.hint), ("not counted", summary.uncounted or "")]
    print_table(f"{summary.job}: {output}", ("figure", "value"), [row for row in rows if row[1]])


def _quality(summary: Summary) -> Iterator[tuple[str, str]]:
    """Yield measures of the predictions, each with those of baselines where the job has some."""
    known = {"auc_roc": summary.auc_roc, "average_precision": summary.average_precision}
    texts = {name: f"{value:.4f}" for name, value in known.items() if value is not None}
    texts |= {name: evaluation_text(figures) for name, figures in summary.evaluation.items()}
    for name, text in texts.items():
        yield MEASURES[name].title, text


def _rates_text(summary: Summary) -> str:
    """Return both rates of a run, each with its seconds."""
    with_start = f"{summary.rows_per_s:,.0f} with the start of Flink ({summary.seconds:,.1f} s)"
    if summary.start_s is None or not summary.rows_per_s_from_first:
        return with_start
    flowing_s = summary.seconds - summary.start_s
    return f"{summary.rows_per_s_from_first:,.0f} from the first row ({flowing_s:,.1f} s), {with_start}"


def _with_reasons(summary: Summary) -> str:
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in sorted(summary.reasons.items()))
    return f"{summary.dead_letters:,}" + (f" ({reasons})" if reasons else "")
