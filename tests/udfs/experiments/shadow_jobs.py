"""Shadows of two experiments, whose models do as they are told, and what is counted of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tests.udfs.scoring.models import Heard, Model, Source
from udfs.columns.coded import objects
from udfs.experiments.router import Arm
from udfs.experiments.shadow_rows import ShadowRows
from udfs.experiments.shadows import ShadowOptions, Shadows
from udfs.scoring.breaker import BreakerOptions
from udfs.scoring.ladder import Ladder, LadderOptions

NOW_S = 1_700_000_000.0
ARMS = tuple(
    Arm(experiment, variant, "fraud", f"{place + 1}.0.0", is_default, 0.5)
    for place, (experiment, variant, is_default) in enumerate(
        [("x", "a", True), ("x", "b", False), ("x", "c", False), ("y", "a", True), ("y", "b", False)]
    )
)
OPTIONS = LadderOptions(np.nan, 60.0, 10, BreakerOptions(failures=2, open_s=60.0, successes=1))


@dataclass
class Counted:
    """A recorder that keeps the rows of each shadow by what became of them."""

    rows: dict[Arm, dict[str, int]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))
    is_closed: bool = False

    def compared(self, arm: Arm, matches: int, mismatches: int, seconds: float) -> None:
        assert seconds >= 0
        self.rows[arm]["match"] += matches
        self.rows[arm]["mismatch"] += mismatches

    def failed(self, arm: Arm, rows: int) -> None:
        self.rows[arm]["failed"] += rows

    def skipped(self, arm: Arm, rows: int) -> None:
        self.rows[arm]["skipped"] += rows

    def close(self) -> None:
        self.is_closed = True

    def of(self, place: int) -> dict[str, int]:
        return dict(self.rows[ARMS[place]])


class Job:
    """Shadows of two experiments with a model each, and what became of their rows."""

    def __init__(
        self,
        *models: Model,
        arms: Sequence[Arm] = ARMS,
        options: LadderOptions = OPTIONS,
        shadows: ShadowOptions | None = None,
        recorder: Any = None,
    ) -> None:
        given_models = models or tuple(times(place + 1) for place in range(len(arms)))
        self.models = dict(zip(arms, given_models, strict=False))
        self.sources = {arm: Source(model) for arm, model in self.models.items()}
        self.heard, self.counted = Heard(), recorder or Counted()
        self.ladders = {arm: Ladder(source, options, self.heard) for arm, source in self.sources.items()}
        self.shadows = Shadows(ARMS, self.ladders, shadows or ShadowOptions(0.5), self.counted, lambda: NOW_S)

    def compare(self, arms: Sequence[int], **given_rows: Any) -> list[dict[str, Any]]:
        """Return the comparisons as rows, in the order in which they came."""
        found = []
        for columns in self.shadows.compare(rows_of(arms, **given_rows)):
            lists = {name: np.asarray(values).tolist() for name, values in columns.items()}
            assert len({len(values) for values in lists.values()}) == 1
            found += [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]
        return found


def times(factor: float, **traits: Any) -> Model:
    """A model of its own version that gives a multiple of the first feature."""
    return Model(f"{factor:.0f}.0.0", lambda matrix: matrix[:, 0] * factor, **traits)


def rows_of(arms: Sequence[int], *, waited_s: float = 0.0, first: int = 1, labels: Any = None) -> ShadowRows:
    """Rows whose feature is their id, and whose answer is that times the number of their arm."""
    ids = np.arange(first, first + len(arms))
    places = np.array(arms, np.int64)
    return ShadowRows(
        round((NOW_S - waited_s) * 1000),
        places,
        (places + 1.0) * ids,
        objects([None] * len(arms) if labels is None else labels),
        objects([f"{arm + 1}.0.0" for arm in arms]),
        ids.astype(np.float32).reshape(-1, 1),
        (("id", "BIGINT"), ("card", "STRING")),
        {"id": ids, "card": objects([f"card {number}" for number in ids])},
    )


def others(arm: int) -> list[int]:
    return [place for place, other in enumerate(ARMS) if place != arm and other.experiment == ARMS[arm].experiment]
