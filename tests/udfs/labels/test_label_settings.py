"""Settings of a label join that cannot work are refused with the way round."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from state.labels.settings import JoinTimes
from udfs.labels.settings import JoinSide, LabelSettings

SCORES = JoinSide((("id", "BIGINT"), ("at", "BIGINT"), ("score", "DOUBLE")), "id", "at")
LABELS = JoinSide((("id", "BIGINT"), ("seen_at", "BIGINT"), ("label", "DOUBLE")), "id", "seen_at")
TEXT_IDS = JoinSide((("id", "STRING"), ("seen_at", "BIGINT"), ("label", "DOUBLE")), "id", "seen_at")
SAME_NAMES = JoinSide((("id", "BIGINT"), ("at", "BIGINT"), ("label", "DOUBLE")), "id", "at")
TIMES = JoinTimes(1, 1)


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: JoinSide((("id", "DATE"),), "id", "at"), "column 'id': expected a type of BIGINT, .*, got DATE"),
        (lambda: JoinSide((("id", "DOUBLE"),), "id", "at"), "column 'id': expected BIGINT or STRING, got DOUBLE"),
        (lambda: JoinSide((("id", "BIGINT"),), "id", "at"), "column 'at': expected BIGINT, got no such column"),
        (lambda: LabelSettings(SCORES, TEXT_IDS, "label", TIMES), "expected ids of one type, got BIGINT and STRING"),
        (lambda: LabelSettings(SCORES, SAME_NAMES, "label", TIMES), "columns at are those of predictions, too; rename"),
        (
            lambda: LabelSettings(SCORES, LABELS, "seen_at", TIMES),
            "column 'seen_at': expected DOUBLE or STRING, got B",
        ),
        (
            lambda: LabelSettings(SCORES, LABELS, "y", TIMES),
            "column 'y': expected DOUBLE or STRING, got no such",
        ),
        (
            lambda: LabelSettings(SCORES, LABELS, "label", TIMES, "no"),
            "negative: expected a label of type DOUBLE",
        ),
    ],
    ids=["type", "id", "time", "id types", "names", "label type", "no label", "negative"],
)
def test_settings_that_cannot_work_are_refused(make: Callable[[], Any], problem: str) -> None:
    with pytest.raises(ValueError, match=f"labels: {problem}"):
        make()
