"""Head of an experiment: its last verdicts, values of metrics, and shadows, as texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gress.experiments.page.series import metric_series
from gress.experiments.reading.comparisons import Compared
from gress.experiments.reading.records import Record, comparison_name, manner_of, time_text

_ACTIONS = {
    "promote": ("good", "promote it"),
    "advance": ("good", "give it the units of the next step"),
    "continue": ("", "go on"),
    "reweigh": ("", "give the variants other weights"),
    "hold": ("bad", "hold"),
    "rollback": ("bad", "roll it back"),
}


@dataclass(frozen=True)
class MetricRow:
    """A line of the table of a treatment; a number that is not known is an empty text."""

    name: str
    role: str
    treatment: str
    control: str
    difference: str = ""
    least: str = ""
    most: str = ""
    margin: str = ""


@dataclass(frozen=True)
class TreatmentHead:
    """The last verdict on a treatment.

    Attributes:
        variant: name of the treatment.
        control: name of the control.
        how: text after both names; empty where each has its own rows.
        kind: ``good``, ``bad``, or empty for neither.
        text: action and time in words.
        reasons: sentences of the record.
        done: the last change of the experiment by a verdict, in words; empty: there was none.
        rows: units, then a line for each metric.
    """

    variant: str
    control: str
    how: str
    kind: str
    text: str
    reasons: tuple[str, ...]
    done: str
    rows: tuple[MetricRow, ...]


@dataclass(frozen=True)
class ShadowHead:
    """A pair of variants that scored the same rows."""

    name: str
    rows: str
    matches: str
    score_delta: str
    largest: str


def treatment_head(records: Sequence[Record]) -> TreatmentHead:
    """Return the head of a treatment by the records of its looks."""
    last = records[-1]
    kind, words = _ACTIONS[last["action"]]
    variant, control, is_paired = last["variant"], last["control"], last["is_paired"]
    text = f"{comparison_name(last)}: {words} ({last['action']}, {time_text(last['looked_at'])} UTC)"
    own = last["arms"][variant]
    # On the same rows there are only differences, and each unit is one of both.
    other = own if is_paired else last["arms"][control]
    rows = [MetricRow("units", "", f"{own['units']:,}", f"{other['units']:,}")]
    for name in last["rules"]["metrics"]:
        series = metric_series([last], name)
        rows.append(
            MetricRow(
                name,
                f"{series.role}, {series.better} is better",
                "" if is_paired else _text(own[name]),
                "" if is_paired else _text(other[name]),
                _text(series.difference[0]),
                _text(series.least[0]),
                _text(series.most[0]),
                f"{series.margin:g}" if series.margin else "",
            )
        )
    return TreatmentHead(
        variant, control, manner_of(last), kind, text, tuple(last["reasons"]), _done_text(records), tuple(rows)
    )


def shadow_head(pair: Compared) -> ShadowHead:
    """Return the head of a pair."""
    known = pair.is_match[np.isfinite(pair.is_match)]
    deltas = pair.score_delta[np.isfinite(pair.score_delta)]
    matches = f"{known.mean():.2%}" if len(known) else ""
    mean, largest = (f"{deltas.mean():.4g}", f"{np.abs(deltas).max():.4g}") if len(deltas) else ("", "")
    return ShadowHead(pair.name, f"{len(pair.event_time):,}", matches, mean, largest)


def _done_text(records: Sequence[Record]) -> str:
    waits_for = records[-1].get("done", {}).get("waits_for")
    if waits_for is not None:
        return f"it waits for {waits_for}"
    for record in reversed(records):
        done = record.get("done", {})
        if "failed" in done:
            return f"{time_text(record['looked_at'])} UTC: not done: {done['failed']}"
        if "weights" in done:
            weights = ", ".join(f"{name} {weight:g}" for name, weight in done["weights"].items())
            return f"{time_text(record['looked_at'])} UTC: weights {weights}, {done['state'].replace('_', ' ')}"
    return ""


def _text(value: float | None) -> str:
    return "" if value is None or not np.isfinite(value) else f"{value:.6g}"
