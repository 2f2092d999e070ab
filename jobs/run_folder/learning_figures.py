"""Figures of what models learnt in a run, for its summary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from jobs.run_folder.learning import MEASURES, LearningSlot, read_learning

Figures = dict[str, float | str]
_SERVED = "served_"
_DIGITS = 6


def learning_figures(output: Path) -> dict[str, Figures]:
    """Return the figures of each model that learnt; none where nothing learns.

    They are ``updates`` (rows learnt from), ``models`` (where keys have models of their own), ``versions`` (published),
    ``promoted`` and ``last_version``, ``skipped`` rows and ``unpublished`` intervals where there are some, and the main
    score beside that of what was served, such as ``auc_roc`` and ``served_auc_roc``. What is not known is left out.

    Raises:
        JobError: a line is not about a slot.
    """
    return {model: _figures(slots) for model, slots in read_learning(output).items()}


def learning_text(figures: Mapping[str, float | str]) -> str:
    """Return the figures of a model as a line.

    Example:
        >>> learning_text({"updates": 51234, "versions": 3, "promoted": 2, "last_version": "1.0.3", "auc_roc": 0.87})
        '51,234 rows learnt, 3 versions, 2 promoted, last 1.0.3, auc_roc 0.8700'
    """
    parts = [f"{figures['updates']:,} rows learnt"]
    if "models" in figures:
        parts.append(f"{figures['models']:,} models")
    if "skipped" in figures:
        parts.append(f"{figures['skipped']:,} skipped")
    parts.append(f"{figures['versions']:,} versions, {figures['promoted']:,} promoted")
    if "unpublished" in figures:
        parts.append(f"{figures['unpublished']:,} intervals NOT PUBLISHED")
    if "last_version" in figures:
        parts.append(f"last {figures['last_version']}")
    for name in MEASURES:
        if name in figures:
            served = f" (served {figures[_SERVED + name]:.4f})" if _SERVED + name in figures else ""
            parts.append(f"{name} {figures[name]:.4f}{served}")
    return ", ".join(parts)


def _figures(slots: Sequence[LearningSlot]) -> Figures:
    last = slots[-1]
    figures: Figures = {"updates": last.updates}
    if last.models is not None:
        figures["models"] = last.models
    promoted_of = {slot.version: slot.is_promoted for slot in slots if slot.version is not None}
    figures |= {"versions": len(promoted_of), "promoted": sum(promoted_of.values())}
    unpublished = sum(slot.version is None and bool(slot.problem) for slot in slots)
    figures |= {"skipped": last.skipped} if last.skipped else {}
    figures |= {"unpublished": unpublished} if unpublished else {}
    if promoted_of:
        figures["last_version"] = [*promoted_of][-1]
    main = next((name for name in MEASURES if name in last.scores), None)
    if main is not None:
        figures[main] = round(last.scores[main], _DIGITS)
        if main in last.served:
            figures[_SERVED + main] = round(last.served[main], _DIGITS)
    return figures
