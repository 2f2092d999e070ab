"""Labels after which a model that learns has recovered from drift, beside models that do not learn.

A town's frauds change on the 40th of 80 days (``generator:days=80,drift=40``): large amounts are none any more, and
stolen cards pay small ones. The course of the shipped job ``online-learning`` learns each payment a week later, and so
predicts it first. Beside it stand a copy of it that stops at the drift, and the shipped fraud-detector 2.0.0. Without a
JVM, as rows, features and order are those of the job. Areas under the curve are of labels in the order of time; those
of ``stolen`` leave out frauds of other patterns.

- ``labels_to_recover``: fewest labels after the drift, in thousands, after which the area of stolen cards is at least
  0.8 over the next 10,000, and over all that follow; null: it never is. By model, as all other figures.
- ``auc_before``: over the 20,000 labels before the drift; ``auc_after``: over those 10,000 to 50,000 after it.
- ``stolen_auc_before``, ``stolen_auc_after``: the same of stolen cards.
- ``stolen_auc``: in each window of 2,500 labels after the drift, up to 20,000.

``python -m benchmarks drift_recovery [TOWNS [key.path=value ...]]``: number of towns, whose labels count together;
settings replace those that are shipped.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.learning.towns import Town, learnt_town
from benchmarks.measure import print_figures

TOWN, DRIFT = "generator:days=80,drift=40", 40
BEFORE, AFTER = (-20_000, 0), (10_000, 50_000)
RECOVERED, NEXT, STEP = 0.8, 10_000, 1_000
WINDOW, WINDOWS = 2_500, 8


def main(towns: str = "8", *settings: str) -> None:
    """Print the figures."""
    found = []
    for seed in range(1, int(towns) + 1):
        found.append(learnt_town(f"{TOWN},seed={seed}", DRIFT, settings))
        print(f"town {seed} of {towns}: {len(found[-1].patterns):,} payments", flush=True)
    print_figures(figures_of(found))


def figures_of(towns: Sequence[Town]) -> dict[str, Any]:
    """Return the figures of towns."""
    models = tuple(towns[0].predictions)

    def by_model(span: tuple[int, int], *, of_stolen: bool) -> dict[str, float]:
        return {model: round(area(towns, model, *span, of_stolen=of_stolen), 4) for model in models}

    windows = [(begin, begin + WINDOW) for begin in range(0, WINDOW * WINDOWS, WINDOW)]
    each = [by_model(window, of_stolen=True) for window in windows]
    return {
        "labels_to_recover": {model: labels_to_recover(towns, model) for model in models},
        "auc_before": by_model(BEFORE, of_stolen=False),
        "auc_after": by_model(AFTER, of_stolen=False),
        "stolen_auc_before": by_model(BEFORE, of_stolen=True),
        "stolen_auc_after": by_model(AFTER, of_stolen=True),
        "stolen_auc": {model: [found[model] for found in each] for model in models},
    }


def labels_to_recover(towns: Sequence[Town], model: str) -> int | None:
    """Return the labels after which a model recognises stolen cards again; None: it never does."""
    last = min(len(town.patterns) - town.drift for town in towns)
    for begin in range(0, last - NEXT, STEP):
        if min(area(towns, model, begin, end, of_stolen=True) for end in (begin + NEXT, last)) >= RECOVERED:
            return begin
    return None


def area(towns: Sequence[Town], model: str, begin: int, end: int, *, of_stolen: bool) -> float:
    """Return the area under the curve over payments of all towns, numbered from the drift on."""
    from sklearn.metrics import roc_auc_score

    rows = [town.rows(begin, end, of_stolen=of_stolen) for town in towns]
    is_fraud = np.concatenate([town.patterns[found] > 0 for town, found in zip(towns, rows, strict=True)])
    chances = np.concatenate([town.predictions[model][found] for town, found in zip(towns, rows, strict=True)])
    return float(roc_auc_score(is_fraud, chances))


if __name__ == "__main__":
    main(*sys.argv[1:])
