"""Scores of models that learn in several shards, as one score for all of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

_STANDARD_ERRORS = frozenset({"auc_roc_error"})
_ROOTS = frozenset({"rmse"})


def pooled_scores(parts: Iterable[tuple[float, Mapping[str, float | None]]]) -> dict[str, float]:
    """Return the mean of each score over parts of a stream, weighted with their rows.

    A mean AUC compares rows within a part only, and not with those of another. Standard errors are those of the mean of
    independent parts; a root mean square is pooled before its root is taken. Without a row in any part all count alike.

    Null rule: a score that a part lacks, or that is not finite there, is pooled from the others; one that all lack is
    left out.

    Args:
        parts: rows and scores by name of each part.

    Example:
        >>> pooled_scores([(300, {"log_loss": 0.1}), (100, {"log_loss": 0.5, "mae": None})])
        {'log_loss': 0.2}
        >>> pooled_scores([(1, {"rmse": 1.0}), (1, {"rmse": 7.0})])
        {'rmse': 5.0}
    """
    found: dict[str, list[tuple[float, float]]] = {}
    for rows, scores in parts:
        for name, score in scores.items():
            if score is not None and math.isfinite(score):
                found.setdefault(name, []).append((rows, score))
    return {name: _pooled(name, values) for name, values in found.items()}


def _pooled(name: str, values: list[tuple[float, float]]) -> float:
    if len(values) == 1:
        return values[0][1]
    total = sum(rows for rows, _ in values)
    shares = [rows / total if total else 1 / len(values) for rows, _ in values]
    scores = [score for _, score in values]
    if name in _STANDARD_ERRORS:
        return math.hypot(*(share * score for share, score in zip(shares, scores, strict=True)))
    power = 2 if name in _ROOTS else 1
    mean = math.fsum(share * score**power for share, score in zip(shares, scores, strict=True))
    return float(mean ** (1 / power))
