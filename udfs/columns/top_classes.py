"""The best classes of rows as texts of JSON, for models with more classes than a row needs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from udfs.scoring.ladder import Answer
    from udfs.scoring.prediction_batch import PredictionBatch

TOP_CLASSES_COLUMN = ("__top_classes", "STRING")
"""The best classes of a row, where `job.sink.top_classes` asks for them."""


def top_classes(batch: PredictionBatch, most: int) -> NDArray[np.object_]:
    """Return the best classes of each row as a JSON array of pairs of class and score, (n,), the best class first.

    Of equal scores that of the earlier class comes first. Null rule: None where a row has no score of each class.

    Args:
        batch: answers to n rows.
        most: classes of a row; fewer where the model has fewer.
    """
    found = np.full(len(batch.matrix), None, dtype=object)
    for each in batch.answers:
        found[slice(None) if each.rows is None else each.rows] = _of_answer(each.answer, most)
    return found


def top_texts(scores: NDArray[np.float64], classes: Sequence[str], most: int) -> NDArray[np.object_]:
    """Return the best classes of each row of scores, as `top_classes` does.

    Args:
        scores: (n, c), NaN in rows without a score.
        classes: names of the c classes; if their number is not c, places of the scores are the names.
        most: classes of a row.

    Example:
        >>> top_texts(np.array([[0.25, 0.7, 0.05], [np.nan, np.nan, np.nan]]), ("tea", "milk", "salt"), 2).tolist()
        ['[["milk",0.7],["tea",0.25]]', None]
    """
    width = scores.shape[1]
    names = [json.dumps(str(each)) for each in (classes if len(classes) == width else range(width))]
    best = np.argsort(-scores, axis=1, kind="stable")[:, :most]
    values = np.take_along_axis(scores, best, axis=1)
    found = np.full(len(scores), None, dtype=object)
    for row in np.flatnonzero(np.isfinite(scores).all(axis=1)).tolist():
        pairs = zip(best[row].tolist(), values[row].tolist(), strict=True)
        found[row] = f"[{','.join(f'[{names[place]},{score:.6g}]' for place, score in pairs)}]"
    return found


def ranked_classes(text: str | None) -> list[str]:
    """Return the names in a text of `top_classes`, the best first; none where there is no text.

    Example:
        >>> ranked_classes('[["milk",0.7],["tea",0.25]]')
        ['milk', 'tea']
    """
    return [] if text is None else [name for name, _ in json.loads(text)]


def _of_answer(answer: Answer, most: int) -> Any:
    scores = answer.scores.scores
    if scores is None:
        return None
    found = top_texts(scores, answer.spec.classes or (), most)
    if answer.status is not None and answer.fallback is not None:
        rows = np.flatnonzero(np.char.startswith(answer.status.astype(str), "fallback:"))
        found[rows] = top_texts(scores[rows], answer.fallback.classes or (), most)
    return found
