from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.scoring.inputs import Inputs
from models.scoring.outputs import Scores
from tests.models.serving.fakes import spec_of
from tests.udfs.scoring.models import Heard, Model, Source, double, is_nan, raises, refuses
from udfs.columns.coded import objects
from udfs.experiments.router import Arm
from udfs.experiments.shadow_rows import ShadowRows
from udfs.experiments.shadows import ShadowLog, ShadowOptions, Shadows
from udfs.metrics.experiments import ShadowRecorder
from udfs.metrics.series import series
from udfs.scoring import ladder as ladders
from udfs.scoring.breaker import BreakerOptions, BreakerState, CircuitBreaker
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


@pytest.mark.parametrize("answer", [raises, is_nan], ids=["raises", "gives NaN"])
def test_shadow_that_fails_is_counted_and_the_others_go_on(answer: Callable[..., Any]) -> None:
    job = Job(times(1), Model(answer=answer), times(3))
    rows = job.compare([0, 2, 2])
    assert [(row["id"], row["__shadow"]) for row in rows] == [(2, "a"), (3, "a"), (1, "c")]
    assert job.counted.of(1) == {"failed": 3}
    assert job.counted.of(0) == {"match": 2, "mismatch": 0}
    assert job.counted.of(2) == {"match": 1, "mismatch": 0}


def test_row_that_a_shadow_refuses_costs_itself_alone() -> None:
    job = Job(times(1), Model(answer=refuses(3.0, 5.0)))
    rows = job.compare([0] * 6)
    assert [row["id"] for row in rows if row["__shadow"] == "b"] == [1, 2, 4, 6]
    assert job.counted.of(1) == {"failed": 2, "match": 4, "mismatch": 0}


def test_matches_and_mismatches_are_counted_by_row() -> None:
    job = Job(times(1), times(3), shadows=ShadowOptions(threshold=4.5))
    rows = job.compare([0] * 6)
    assert [row["__is_match"] for row in rows] == [1.0, 0.0, 0.0, 0.0, 1.0, 1.0]
    assert job.counted.of(1) == {"match": 3, "mismatch": 3}


def test_shadow_that_hangs_is_given_up_and_the_others_go_on() -> None:
    gate = threading.Event()
    options = LadderOptions(np.nan, 0.05, 10, OPTIONS.breaker)
    job = Job(times(1), times(2, gate=gate), times(3), options=options)
    rows = job.compare([0, 2, 0])
    assert {row["__shadow"] for row in rows} == {"a", "c"}
    assert job.counted.of(1) == {"failed": 3}
    assert job.sources[ARMS[1]].leases == 1
    gate.set()


def test_shadow_is_left_alone_after_two_failed_batches_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = [0.0]
    monkeypatch.setattr(ladders, "CircuitBreaker", partial(CircuitBreaker, clock=lambda: now_s[0]))
    model = Model(answer=raises)
    job = Job(times(1), model)
    for _ in range(2):
        job.compare([0, 0])
    assert job.counted.of(1) == {"failed": 4}
    calls = model.calls
    now_s[0] = 59.0
    assert job.compare([0, 0, 0]) == []
    assert model.calls == calls
    assert job.counted.of(1) == {"failed": 4, "skipped": 3}
    model.answer, now_s[0] = double, 60.0
    assert len(job.compare([0, 0])) == 2
    assert job.counted.of(1) == {"failed": 4, "skipped": 3, "match": 2, "mismatch": 0}
    assert [state for _, state in job.heard.states] == [BreakerState.OPEN, BreakerState.HALF_OPEN, BreakerState.CLOSED]


@pytest.mark.parametrize(
    ("limit_s", "waited_s", "is_scored"),
    [(5.0, 4.9, True), (5.0, 5.0, True), (5.0, 5.001, False), (0.0, 1.0, False), (None, 9e8, True), (5.0, -60.0, True)],
    ids=["in time", "at the limit", "late", "no wait", "without a limit", "a clock ahead"],
)
def test_rows_that_waited_too_long_are_skipped_and_counted(
    limit_s: float | None, waited_s: float, is_scored: bool
) -> None:
    job = Job(shadows=ShadowOptions(0.5, limit_s))
    rows = job.compare([0, 1, 1, 3], waited_s=waited_s)
    assert len(rows) == (7 if is_scored else 0)
    given_rows = {0: 2, 1: 1, 2: 3, 3: 0, 4: 1}
    for place, count in given_rows.items():
        said = job.counted.of(place)
        assert said.get("match", 0) == (count if is_scored else 0)
        assert said.get("skipped", 0) == (0 if is_scored else count)
        assert job.models[ARMS[place]].rows == (count if is_scored else 0)


BEHAVIOURS = st.sampled_from([double, raises, is_nan, refuses(2.0), refuses(1.0, 4.0)])
BATCHES = st.lists(
    st.tuples(st.lists(st.integers(0, len(ARMS) - 1), min_size=1, max_size=8), st.sampled_from([0.0, 0.0, 99.0])),
    min_size=1,
    max_size=6,
)


@given(answers=st.tuples(*[BEHAVIOURS] * len(ARMS)), batches=BATCHES)
def test_rows_compared_failed_and_skipped_are_the_rows_given(
    answers: tuple[Any, ...], batches: list[tuple[list[int], float]]
) -> None:
    job = Job(*(Model(answer=answer) for answer in answers), shadows=ShadowOptions(0.5, 5.0))
    rows = [row for arms, waited_s in batches for row in job.compare(arms, waited_s=waited_s)]
    for place, arm in enumerate(ARMS):
        said = job.counted.of(place)
        written = [row for row in rows if (row["__experiment"], row["__shadow"]) == (arm.experiment, arm.variant)]
        assert said.get("match", 0) + said.get("mismatch", 0) == len(written)
        assert said.get("match", 0) == sum(row["__is_match"] for row in written)
        assert sum(said.values()) == sum(place in others(own) for arms, _ in batches for own in arms)


def count(job: str, name: str, *labels: str) -> float:
    return float(series(name, job, *labels)._value.get())


def test_metrics_say_what_became_of_the_rows() -> None:
    name = "shadows"
    models = times(1), times(3), Model(answer=refuses(1.0))
    job = Job(*models, shadows=ShadowOptions(4.5, 5.0), recorder=ShadowRecorder(name, ARMS))
    job.compare([0] * 6)
    job.compare([0] * 4, waited_s=6.0)
    job.shadows.close()
    # b gives 3 to 18 and c, but for the first row, 4 to 12; the answers are 1 to 6.
    assert count(name, "abtest_shadow_comparisons_total", "x", "match") == 3 + 3
    assert count(name, "abtest_shadow_comparisons_total", "x", "mismatch") == 3 + 2
    assert count(name, "abtest_variant_errors_total", "x", "c", "prediction_failed") == 1
    assert count(name, "abtest_variant_errors_total", "x", "b", "prediction_failed") == 0
    assert [count(name, "abtest_shadow_skipped_total", "x", variant) for variant in "abc"] == [0, 4, 4]
    latency = "abtest_variant_latency_seconds"
    counted = [sum(each.get() for each in series(latency, name, "x", variant)._buckets) for variant in "bc"]
    assert counted == [6, 5]
    assert count(name, "abtest_shadow_comparisons_total", "y", "match") == 0


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
