from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conf.settings import JobSettings, MlSettings
from models.scoring.outputs import Scores
from tests.models.serving.fakes import spec_of
from tests.support import raw_jobs
from tests.support.raw_jobs import raw_settings
from tests.support.raw_models import write_three_inputs
from udfs.columns.coded import objects
from udfs.dead_letters import Problem
from udfs.experiments.arm_answer import ArmAnswer
from udfs.experiments.router import Arm, Router
from udfs.experiments.shadow_rows import ShadowRows
from udfs.experiments.shadow_sender import ShadowSender, shadow_fields
from udfs.features.feature_set import compile_feature_set
from udfs.scoring.ladder import Answer
from udfs.scoring.prediction_batch import PredictionBatch

SIZE = 8
FIELDS = {**raw_jobs.FIELDS, "truth": {"type": "boolean", "required": False}}
SENT_S = 1_700_000_000.1234
COLUMNS = {
    "id": np.arange(SIZE) + 2**60 + 1,
    "at": np.arange(SIZE) + 1_522_540_831_000,
    "card": objects([f"card {number}" for number in range(SIZE)]),
    "merchant": objects(["acme", None, "", "x", "bücher", "x", "x", "x"]),
    "user_id": objects([2**60 + 1, 5, 5, 5, None, 5, 5, 5]),
    "amount": np.arange(SIZE) / 4,
    "size": np.full(SIZE, 2.0),
    "truth": np.arange(SIZE) % 2.0,
}
MATRIX = np.column_stack([COLUMNS["amount"], COLUMNS["size"]])


class Sending:
    """A job with an experiment that has shadows, of variants a and b, and one that has none."""

    def __init__(self, folder: Path, *, label: str | None = "truth") -> None:
        variants = [{"name": name, "model_name": "m", "model_version": "1.0.0", "weight": 50} for name in "ab"]
        shared = {"strategy": "hash", "split_key": "user_id", "layer": "l", "traffic": 50, "variants": variants}
        experiments = [{"name": "plain", **shared}, {"name": "watched", "enable_shadow_mode": True, **shared}]
        testing = {"enabled": True, "experiments": experiments}
        settings = raw_settings(write_three_inputs(folder), fields=FIELDS, ab_testing=testing)
        assert settings.job is not None
        events = settings.job.events.model_copy(update={"label": label})
        self.job: JobSettings = settings.job.model_copy(update={"events": events})
        self.ml: MlSettings = settings.ml
        self.router = Router(settings.ml.ab_testing.experiments, events)
        features = compile_feature_set(self.job.features, events)
        self._sender = ShadowSender(self.job, self.ml, features, self.router, lambda: SENT_S)

    def arm(self, experiment: str, variant: str) -> Arm:
        return next(each for each in self.router.arms if (each.experiment, each.variant) == (experiment, variant))

    def take(self, *answers: ArmAnswer, rows: int = SIZE) -> ShadowRows | None:
        columns = {name: values[:rows] for name, values in COLUMNS.items()}
        data = self._sender.take(PredictionBatch(answers, MATRIX[:rows], 7), columns)
        return None if data is None else ShadowRows.from_bytes(data)


@pytest.fixture
def sending(tmp_path: Path) -> Sending:
    return Sending(tmp_path)


def answer(
    arm: Arm | None, rows: list[int] | None, predictions: list[float], *, version: str = "1.0.0", **given: Any
) -> ArmAnswer:
    scores = Scores(np.array(predictions), given.pop("label", None), None)
    status = given.pop("status", None)
    made = Answer(scores, spec_of(version), None if status is None else objects(status), **given)
    return ArmAnswer(made, None if rows is None else np.array(rows), arm)


def test_rows_of_experiments_with_shadows_are_sent_in_their_order(sending: Sending) -> None:
    found = sending.take(
        answer(None, [6], [0.6], version="9.0.0"),
        answer(sending.arm("plain", "a"), [2, 7], [0.2, 0.7]),
        answer(sending.arm("watched", "a"), [1, 4], [0.1, 0.4], version="2.0.0"),
        answer(sending.arm("watched", "b"), [0, 3, 5], [0.0, 0.3, 0.5], label=objects(["no", "no", "yes"])),
    )
    assert found is not None
    places = [0, 1, 3, 4, 5]
    assert [sending.router.arms[arm].variant for arm in found.arms] == ["b", "a", "b", "a", "b"]
    assert {sending.router.arms[arm].experiment for arm in found.arms} == {"watched"}
    assert found.predictions.tolist() == [0.0, 0.1, 0.3, 0.4, 0.5]
    assert found.labels.tolist() == ["no", None, "no", None, "yes"]
    assert found.versions.tolist() == ["1.0.0", "2.0.0", "1.0.0", "2.0.0", "1.0.0"]
    assert found.matrix.tolist() == MATRIX[places].tolist()
    assert found.sent_ms == 1_700_000_000_123
    for name, values in found.fields.items():
        assert values.tolist() == COLUMNS[name][places].tolist()


def test_fields_are_what_comparisons_tell_then_what_models_read_raw(sending: Sending) -> None:
    found = sending.take(answer(sending.arm("watched", "a"), None, [0.5] * SIZE))
    assert found is not None
    assert found.kinds == (
        ("id", "BIGINT"),
        ("at", "BIGINT"),
        ("card", "STRING"),
        ("user_id", "BIGINT"),
        ("truth", "DOUBLE"),
        ("merchant", "STRING"),
    )
    assert list(found.fields) == [name for name, _ in found.kinds]
    assert len(found) == SIZE


def test_row_that_another_model_answered_is_not_sent(sending: Sending) -> None:
    arm = sending.arm("watched", "b")
    status = ["ok", "fallback:0.9.0", "default", "ok"]
    problems = {3: Problem("failed", "the graph broke")}
    found = sending.take(
        answer(None, [0, 3, 5, 7], [0.5] * 4),
        answer(arm, [1, 2, 4, 6], [0.1, 0.2, 0.4, np.nan], status=status, problems=problems),
    )
    assert found is not None
    assert found.predictions.tolist() == [0.1]
    assert found.fields["id"].tolist() == COLUMNS["id"][[1]].tolist()


@pytest.mark.parametrize("prediction", [np.nan, np.inf])
def test_dead_letter_is_not_sent(prediction: float, sending: Sending) -> None:
    found = sending.take(answer(sending.arm("watched", "a"), None, [0.5, prediction, 0.25]), rows=3)
    assert found is not None
    assert found.predictions.tolist() == [0.5, 0.25]


def test_nothing_is_sent_where_no_row_of_a_batch_has_shadows(sending: Sending) -> None:
    assert sending.take(answer(None, None, [0.5] * SIZE)) is None
    assert sending.take(answer(sending.arm("plain", "b"), None, [0.5] * SIZE)) is None
    assert sending.take(answer(sending.arm("watched", "b"), None, [np.nan] * SIZE)) is None


def test_a_single_row_is_sent_as_a_batch_is(sending: Sending) -> None:
    found = sending.take(answer(sending.arm("watched", "a"), None, [0.5]), rows=1)
    assert found is not None
    assert found.fields["user_id"].tolist() == [2**60 + 1]
    assert found.matrix.tolist() == MATRIX[:1].tolist()


def test_a_single_row_that_nobody_or_another_model_answered_is_not_sent(sending: Sending) -> None:
    arm = sending.arm("watched", "a")
    assert sending.take(answer(None, None, [0.5]), rows=1) is None
    assert sending.take(answer(sending.arm("plain", "a"), None, [0.5]), rows=1) is None
    assert sending.take(answer(arm, None, [np.nan]), rows=1) is None
    assert sending.take(answer(arm, None, [0.5], status=["fallback:0.9.0"]), rows=1) is None
    assert sending.take(rows=1) is None
    found = sending.take(answer(arm, [0], [0.5], status=["ok"]), rows=1)
    assert found is not None
    assert found.predictions.tolist() == [0.5]


def test_comparisons_tell_each_field_once_and_none_without_shadows(tmp_path: Path) -> None:
    sending = Sending(tmp_path, label=None)
    assert shadow_fields(sending.job, sending.ml) == ("id", "at", "card", "user_id")
    same = sending.job.events.model_copy(update={"key": "user_id", "label": "id"})
    assert shadow_fields(sending.job.model_copy(update={"events": same}), sending.ml) == ("id", "at", "user_id")
    plain = sending.ml.ab_testing.experiments[:1]
    testing = sending.ml.ab_testing.model_copy(update={"experiments": plain})
    assert shadow_fields(sending.job, sending.ml.model_copy(update={"ab_testing": testing})) == ()
