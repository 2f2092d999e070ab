from __future__ import annotations

import logging

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.scoring.inputs import Inputs
from models.scoring.outputs import Scores
from tests.models.serving.fakes import spec_of
from tests.udfs.experiments.shadow_jobs import ARMS, NOW_S, Job, others, rows_of, times
from tests.udfs.scoring.models import Model
from udfs.columns.coded import objects
from udfs.experiments.shadows import ShadowLog, ShadowOptions, Shadows
from udfs.scoring.breaker import BreakerState


@given(arms=st.lists(st.integers(0, len(ARMS) - 1), min_size=1, max_size=30))
def test_every_other_variant_of_the_experiment_scores_each_row_once(arms: list[int]) -> None:
    job = Job()
    found = job.compare(arms)
    told = [(row["id"], row["__experiment"], row["__variant"], row["__shadow"]) for row in found]
    wanted = [
        (row, ARMS[arm].experiment, ARMS[arm].variant, ARMS[other].variant)
        for row, arm in enumerate(arms, start=1)
        for other in others(arm)
    ]
    assert sorted(told) == sorted(wanted)
    for place, arm in enumerate(ARMS):
        scored = sum(place in others(each) for each in arms)
        assert (job.models[arm].rows, job.models[arm].calls) == (scored, int(scored > 0))


@given(arms=st.lists(st.integers(0, len(ARMS) - 1), min_size=1, max_size=30))
def test_comparison_tells_the_row_its_answer_and_that_of_the_shadow(arms: list[int]) -> None:
    for row in Job().compare(arms):
        number = row["id"]
        own = arms[number - 1]
        other = next(place for place in others(own) if ARMS[place].variant == row["__shadow"])
        assert row == {
            "id": number,
            "card": f"card {number}",
            "__experiment": ARMS[own].experiment,
            "__variant": ARMS[own].variant,
            "__version": f"{own + 1}.0.0",
            "__prediction": (own + 1) * number,
            "__label": None,
            "__shadow": ARMS[other].variant,
            "__shadow_version": f"{other + 1}.0.0",
            "__shadow_prediction": (other + 1) * number,
            "__shadow_label": None,
            "__is_match": 1.0,
            "__score_delta": (other - own) * number,
            "__rank_delta": pytest.approx(np.nan, nan_ok=True),
        }


def test_variant_without_a_ladder_is_no_shadow() -> None:
    job = Job(arms=(ARMS[0], ARMS[1], ARMS[3]))
    assert [(row["__variant"], row["__shadow"]) for row in job.compare([0, 1, 3])] == [("b", "a"), ("a", "b")]
    assert sum(map(len, job.counted.rows.values())) == 4


def test_version_that_answered_stays_where_its_model_was_promoted_since() -> None:
    job = Job()
    job.sources[ARMS[0]].model = times(9)
    rows = job.compare([0, 1])
    told = {(row["__variant"], row["__version"], row["__shadow"], row["__shadow_version"]) for row in rows}
    assert ("a", "1.0.0", "b", "2.0.0") in told
    assert ("b", "2.0.0", "a", "9.0.0") in told


def test_shadow_is_given_features_and_the_raw_fields_that_it_reads() -> None:
    seen: list[Inputs] = []

    class Reader(Model):
        def predict(self, inputs: Inputs) -> Scores:
            seen.append(inputs)
            return super().predict(inputs)

    job = Job(Reader(raw_fields=("card",)), Model())
    job.compare([0, 1, 3, 1])
    (inputs,) = seen
    assert inputs.matrix.tolist() == [[2.0], [4.0]]
    assert {name: values.tolist() for name, values in inputs.raw.items()} == {"card": ["card 2", "card 4"]}


def test_labels_of_the_shadow_are_compared_with_those_of_the_answers() -> None:
    class Classes(Model):
        def predict(self, inputs: Inputs) -> Scores:
            found = super().predict(inputs)
            return Scores(
                found.prediction, objects(["odd" if value % 2 else "even" for value in inputs.matrix[:, 0]]), None
            )

    job = Job(Model(), Classes())
    rows = job.compare([0, 0, 0, 1], labels=["odd", "odd", None, "odd"])
    told = [(row["__label"], row["__shadow_label"], row["__is_match"]) for row in rows if row["__shadow"] == "b"]
    assert told == [("odd", "odd", 1.0), ("odd", "even", 0.0), (None, "odd", 1.0)]
    assert [row["__shadow_label"] for row in rows if row["__shadow"] == "a"] == [None]


def test_matches_and_mismatches_are_counted_by_row() -> None:
    job = Job(times(1), times(3), shadows=ShadowOptions(threshold=4.5))
    rows = job.compare([0] * 6)
    assert [row["__is_match"] for row in rows] == [1.0, 0.0, 0.0, 0.0, 1.0, 1.0]
    assert job.counted.of(1) == {"match": 3, "mismatch": 3}


def test_close_ends_the_recorder_and_works_without_one() -> None:
    job = Job()
    job.compare([0, 1])
    job.shadows.close()
    assert job.counted.is_closed
    bare = Shadows(ARMS, job.ladders, ShadowOptions(longest_wait_s=0.0), clock=lambda: NOW_S)
    assert list(bare.compare(rows_of([0], waited_s=1.0))) == []
    assert len(list(bare.compare(rows_of([0])))) == 2
    bare.close()


def test_log_names_the_shadow_that_is_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    log = ShadowLog()
    with caplog.at_level(logging.INFO, "gress.experiments"):
        log.breaker(spec_of("2.0.0"), BreakerState.OPEN)
        log.fallback(spec_of("2.0.0"), "failed", 3)
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage() == "model fraud@2.0.0 as a shadow: breaker open; answers are as they were"
