"""The answers in a batch, against the answers that its rows were made with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.scoring.outputs import Scores
from tests.models.serving.fakes import spec_of
from udfs.columns.coded import objects
from udfs.dead_letters import Problem
from udfs.experiments.arm_answer import ArmAnswer
from udfs.experiments.router import Arm
from udfs.scoring.ladder import Answer
from udfs.scoring.prediction_batch import PredictionBatch

PROBLEM = Problem("failed", "the graph broke")
ARMS: tuple[Arm | None, ...] = (
    None,
    Arm("x", "a", "fraud", "", is_default=True, propensity=0.75),
    Arm("x", "b", "fraud", "2.0.0", is_default=False, propensity=0.25),
    Arm("y", "a", "fraud", "3.0.0", is_default=True, propensity=1.0),
)
CLASSES = (None, None, ("no", "yes"), ("a", "b", "c"))
"""Classes of the models of the arms."""


@dataclass(frozen=True)
class Row:
    """The answer to one row."""

    arm: int
    prediction: float
    status: str = "ok"
    is_undrawn: bool = False

    @property
    def is_dead(self) -> bool:
        return self.status == "dead"

    @property
    def label(self) -> str | None:
        classes = CLASSES[self.arm]
        return None if classes is None or self.is_dead else classes[0]

    @property
    def scores(self) -> list[float]:
        return [self.prediction * place for place, _ in enumerate(CLASSES[self.arm] or ())]


ROWS = st.lists(
    st.builds(
        Row,
        st.integers(0, len(ARMS) - 1),
        st.floats(0, 1),
        st.sampled_from(["ok", "fallback:0.9.0", "default", "dead"]),
        st.booleans(),
    ),
    min_size=1,
    max_size=12,
)


def batch_of(rows: list[Row]) -> PredictionBatch:
    answers = []
    for place, arm in enumerate(ARMS):
        places = [row for row, each in enumerate(rows) if each.arm == place]
        if places:
            chosen = [rows[row] for row in places]
            where = None if len(places) == len(rows) else np.array(places)
            undrawn = np.array([each.is_undrawn for each in chosen])
            is_told = arm is not None and undrawn.any()
            answers.append(ArmAnswer(_answer(chosen, place), where, arm, undrawn if is_told else None))
    return PredictionBatch(tuple(answers), np.zeros((len(rows), 2), np.float32), 7)


def _answer(rows: list[Row], place: int) -> Answer:
    predictions = np.array([np.nan if row.is_dead else row.prediction for row in rows])
    has_classes = CLASSES[place] is not None
    label = objects([row.label for row in rows]) if has_classes else None
    scores = np.array([row.scores for row in rows]) if has_classes else None
    status = None
    if any(row.status != "ok" for row in rows):
        status = objects(["ok" if row.is_dead else row.status for row in rows])
    problems = {row: PROBLEM for row, each in enumerate(rows) if each.is_dead}
    spec, other = spec_of(f"{place + 1}.0.0"), spec_of("0.9.0")
    why = None if status is None else objects([None if row.status in ("ok", "dead") else "too_slow" for row in rows])
    return Answer(Scores(predictions, label, scores), spec, status, why, other, problems)


def plain(values: np.ndarray) -> list[Any]:
    return [None if isinstance(value, float) and np.isnan(value) else value for value in values.tolist()]


@given(rows=ROWS)
def test_each_row_has_the_answer_of_its_model(rows: list[Row]) -> None:
    batch = batch_of(rows)
    assert plain(batch.prediction) == [None if row.is_dead else row.prediction for row in rows]
    assert batch.prediction.dtype == np.float64
    assert batch.version.tolist() == [f"{row.arm + 1}.0.0" for row in rows]
    assert batch.status.tolist() == ["ok" if row.is_dead else row.status for row in rows]
    assert batch.problems == {place: PROBLEM for place, row in enumerate(rows) if row.is_dead}


@given(rows=ROWS)
def test_each_row_has_its_experiment_variant_and_propensity(rows: list[Row]) -> None:
    batch, arms = batch_of(rows), [ARMS[row.arm] for row in rows]
    assert batch.experiment.tolist() == [arm and arm.experiment for arm in arms]
    assert batch.variant.tolist() == [arm and arm.variant for arm in arms]
    assert plain(batch.propensity) == [
        arm.propensity if arm is not None and not row.is_undrawn else None for row, arm in zip(rows, arms, strict=True)
    ]


@given(rows=ROWS)
def test_each_row_has_the_classes_of_its_model(rows: list[Row]) -> None:
    batch = batch_of(rows)
    widths = [len(CLASSES[row.arm] or ()) for row in rows]
    if not any(widths):
        assert (batch.label, batch.scores) == (None, None)
        return
    assert batch.label is not None
    assert batch.scores is not None
    assert batch.label.tolist() == [row.label for row in rows]
    wanted = np.full((len(rows), max(widths)), np.nan)
    for place, (row, width) in enumerate(zip(rows, widths, strict=True)):
        wanted[place, :width] = row.scores
    np.testing.assert_array_equal(batch.scores, wanted)


@given(rows=ROWS)
def test_each_row_says_who_scored_it_or_why_nobody_did(rows: list[Row]) -> None:
    found = batch_of(rows).to_dicts()
    assert [row["status"] for row in found] == ["dead_letter" if row.is_dead else row.status for row in rows]
    reasons = {"ok": None, "dead": PROBLEM.reason}
    assert [row["reason"] for row in found] == [reasons.get(row.status, "too_slow") for row in rows]
    assert [row["error"] for row in found] == [PROBLEM.error if row.is_dead else None for row in rows]
    others = {"fallback:0.9.0": "0.9.0"}
    assert [row["version"] for row in found] == [others.get(row.status, f"{row.arm + 1}.0.0") for row in rows]
    assert [row["label"] for row in found] == [row.label for row in rows]
    assert [row["prediction"] for row in found] == [None if row.is_dead else row.prediction for row in rows]
    assert [row["scores"] for row in found] == [None if row.is_dead else row.scores or None for row in rows]


@given(rows=ROWS)
def test_forms_of_a_batch_say_the_same(rows: list[Row]) -> None:
    batch = batch_of(rows)
    dicts = batch.to_dicts()
    table, frame = batch.to_arrow(), batch.to_pandas()
    assert table.to_pylist() == dicts
    assert plain(frame["prediction"].to_numpy()) == [row["prediction"] for row in dicts]
    assert list(frame) == table.column_names == list(dicts[0])
