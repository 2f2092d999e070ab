"""Counts of a model that learns, and the table of its versions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from gress.report.panel import Panel, Table
from jobs.run_folder.learning import MEASURES, LearningSlot

MOST_VERSIONS = 25


def slots_panel(name: str, model: str, slots: Sequence[LearningSlot]) -> Panel:
    """Yield sentences about the rows that a model learnt, and about its versions.

    Args:
        name: name of the panel, unique on the page.
        model: name of the model.
        slots: in the order of time.
    """
    due = [slot for slot in slots if slot.version is not None or slot.problem]
    note = _counts_text(slots[-1])
    if len(due) > MOST_VERSIONS:
        note += f" The last {MOST_VERSIONS} of {len(due):,} slots with a version or a reason for none."
    table = _table(due[-MOST_VERSIONS:]) if due else None
    return Panel(name, f"Online learning of {model}: versions and counts", note, is_wide=True, table=table)


def _counts_text(last: LearningSlot) -> str:
    counts = [f"{last.updates:,} rows learnt"]
    if last.models is not None:
        counts.append(f"{last.models:,} models")
    named = ((last.held_out, "held out"), (last.skipped, "skipped"), (last.drifts, "changes found"))
    counts += [f"{count:,} {words}" for count, words in named if count]
    if last.looks:
        counts.append(f"{last.rolled_back:,} of {last.looks:,} looks rolled back")
    return f"So far: {', '.join(counts)}."


def _table(slots: Sequence[LearningSlot]) -> Table:
    main = next((name for name in MEASURES if any(name in slot.scores for slot in slots)), None)
    numbers = ("rows learnt",) if main is None else ("rows learnt", f"{main} of the learner", f"{main} served")
    rows = [
        (
            dt.datetime.fromtimestamp(slot.ended_at / 1000, dt.timezone.utc).strftime("%Y-%m-%d %H:%M:%S"),
            slot.version or "",
            _outcome(slot),
            f"{slot.updates:,}",
            *([] if main is None else [_score(slot.scores.get(main)), _score(slot.served.get(main))]),
        )
        for slot in slots
    ]
    heads = ("end of the slot (event time, UTC)", "version", "what became of it", *numbers)
    return Table(heads, tuple(rows), len(numbers))


def _outcome(slot: LearningSlot) -> str:
    if slot.version is None:
        return f"not published: {slot.problem}"
    if slot.is_promoted:
        return "promoted"
    return f"published, not promoted: {slot.kept_because}" if slot.kept_because else "published"


def _score(score: float | None) -> str:
    return "" if score is None else f"{score:.4f}"
