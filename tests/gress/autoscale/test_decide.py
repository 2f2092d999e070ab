from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gress.autoscale.decide import Autoscaler
from gress.autoscale.decision import Decision
from gress.autoscale.graph import Look
from gress.autoscale.policy import Policy
from tests.gress.autoscale.simulated_job import COSTS_S, Run, SimulatedJob, drive

LOW, HIGH = 100.0, 800.0
STEP_S, END_S = 300, 900
POLICY = Policy(stable_s=120.0)
HOURS = 3_600


def step(second: int) -> float:
    """The load, eight times as much for ten minutes."""
    return HIGH if STEP_S <= second < END_S else LOW


def sawtooth(period_s: int) -> Callable[[int], float]:
    return lambda second: LOW + (HIGH - LOW) * (second % period_s) / period_s


def square(period_s: int) -> Callable[[int], float]:
    return lambda second: HIGH if second % period_s >= period_s / 2 else LOW


@pytest.fixture(scope="module")
def stepped() -> Run:
    return drive(SimulatedJob(step), Autoscaler(POLICY), 1_800)


def test_step_is_answered_within_30_seconds_and_once(stepped: Run) -> None:
    (up_s, action, slots), *_ = stepped.rescales
    assert action == "up"
    assert STEP_S < up_s <= STEP_S + 30
    # 800 a second at 200 a task and 70 %: 5.7 tasks, and some for what has waited.
    assert 6 <= slots <= 10


def test_backlog_of_a_step_is_gone_in_time(stepped: Run) -> None:
    up_s = stepped.rescales[0][0]
    assert max(stepped.waiting[STEP_S:END_S]) > HIGH * 10
    assert max(stepped.waiting[int(up_s + 12 + POLICY.catch_up_s) : END_S]) < HIGH


def test_parallelism_falls_after_the_stable_window_and_stays(stepped: Run) -> None:
    assert [action for _, action, _ in stepped.rescales] == ["up", "down"]
    down_s, _, slots = stepped.rescales[1]
    assert END_S + POLICY.stable_s * 0.9 <= down_s <= END_S + POLICY.stable_s + 60
    assert slots == 1


@pytest.mark.parametrize("fetch_s", [2, 5, 10])
def test_late_counts_delay_a_decision_but_do_not_confuse_it(fetch_s: int) -> None:
    run = drive(SimulatedJob(step, fetch_s=fetch_s), Autoscaler(POLICY), 1_800)
    assert [action for _, action, _ in run.rescales] == ["up", "down"]
    assert run.rescales[0][0] <= STEP_S + 30 + fetch_s


@pytest.mark.parametrize("shape", [sawtooth, square], ids=["sawtooth", "square"])
@pytest.mark.parametrize("period_s", [60, 240, 600, 1_200, 3_600])
def test_swinging_load_makes_three_rescales_an_hour_at_most(
    shape: Callable[[int], Callable[[int], float]], period_s: int
) -> None:
    run = drive(SimulatedJob(shape(period_s)), Autoscaler(POLICY), 2 * HOURS)
    assert run.most_in_an_hour() <= 3
    # It keeps up with the mean, whatever it does in between.
    assert run.waiting[-1] < HIGH * 60
    assert max(run.slots) <= 16


@pytest.mark.parametrize("noise", [0.05, 0.2], ids=["5 %", "20 %"])
@pytest.mark.parametrize("load", [130.0, 400.0, 700.0])
def test_steady_load_does_not_oscillate(load: float, noise: float) -> None:
    tasks = math.ceil(load * COSTS_S[1] / POLICY.utilization)
    job = SimulatedJob(lambda _: load, noise=noise)
    job.parallelism = dict.fromkeys(job.parallelism, tasks)
    assert drive(job, Autoscaler(POLICY), HOURS).rescales == []


@settings(max_examples=8, deadline=None)
@given(
    loads=st.lists(st.floats(0, 3_000), min_size=4, max_size=12),
    slots=st.integers(1, 12),
    fewest=st.integers(1, 3),
    most=st.one_of(st.none(), st.integers(3, 10)),
    limit=st.integers(1, 4),
)
def test_bounds_are_kept_under_any_load(
    loads: list[float], slots: int, fewest: int, most: int | None, limit: int
) -> None:
    policy = Policy(fewest=fewest, most=most, rescales_an_hour=limit, stable_s=120.0)
    job = SimulatedJob(lambda second: loads[second // 150 % len(loads)], slots=slots)
    run = drive(job, Autoscaler(policy), 1_500)
    assert run.most_in_an_hour() <= limit
    for _, _, found in run.rescales:
        assert min(fewest, slots) <= found <= min(slots, most or slots)


def test_last_rescale_of_the_hour_is_for_more_and_goes_as_far_as_it_can() -> None:
    run = drive(SimulatedJob(square(600)), Autoscaler(POLICY), HOURS)
    assert [action for _, action, _ in run.rescales] == ["up", "down", "up"]
    assert run.rescales[-1][2] == 16
    assert any(each.cause == "budget" for each in run.decisions.values())


def test_source_that_does_not_say_what_waits_is_believed_where_it_is_held_up() -> None:
    run = drive(SimulatedJob(step, says_pending=False), Autoscaler(POLICY), END_S)
    assert run.rescales
    assert max(run.slots) >= 4
    assert run.decisions[200].pending is None


def test_job_that_may_not_grow_says_so() -> None:
    run = drive(SimulatedJob(step, slots=1), Autoscaler(POLICY), END_S)
    assert run.rescales == []
    assert run.decisions[END_S].cause == "bound"
    assert "no more slots, partitions or key groups" in run.decisions[END_S].reason


def test_decision_names_the_vertex_and_its_numbers() -> None:
    run = drive(SimulatedJob(step), Autoscaler(POLICY), 340)
    (decision,) = [each for each in run.decisions.values() if each.action == "up"]
    assert "'scoring' needs" in decision.reason
    assert "of which a task takes 200" in decision.reason
    assert decision.line().startswith("up from 1 to ")
    assert decision.loads["scoring"].true_rate == pytest.approx(200.0, rel=0.01)


def looked(**changes: object) -> tuple[Autoscaler, Look]:
    """A scaler that has seen a calm job, and a look at it with changes."""
    job = SimulatedJob(lambda _: LOW)
    scaler = Autoscaler(POLICY)
    drive(job, scaler, 200)
    return scaler, replace(job.look(), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "cause", "reason"),
    [
        ({"state": "RESTARTING"}, "starting", "the job is RESTARTING"),
        ({"is_whole": False}, "starting", "tasks are starting"),
        ({"attempt": 2}, "starting", "tasks started 0 s ago"),
    ],
    ids=["restarting", "incomplete", "new tasks"],
)
def test_job_that_does_not_run_as_before_is_not_judged(changes: dict[str, object], cause: str, reason: str) -> None:
    scaler, look = looked(**changes)
    decision = scaler.decide(look)
    assert (decision.action, decision.cause, decision.reason) == ("hold", cause, reason)


def test_flink_has_time_for_a_rescale_before_it_is_asked_again() -> None:
    job = SimulatedJob(step)
    scaler = Autoscaler(POLICY)
    drive(job, scaler, STEP_S)
    asked: list[Decision] = []
    for _ in range(60):
        job.tick()
        decision = scaler.decide(job.look())
        if decision.action == "up":
            scaler.rescaled(job.now_s)
            asked.append(decision)
    assert len(asked) == 1
    assert scaler.decide(job.look()).cause == "asked"


def test_counts_that_do_not_move_are_waited_for() -> None:
    scaler, look = looked()
    later = [scaler.decide(replace(look, at_s=look.at_s + wait)) for wait in range(5, 40, 5)]
    assert {each.action for each in later} == {"hold"}
    assert later[-1].cause == "measuring"


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"fewest": 0}, "--min: expected 1 or more, got 0"),
        ({"fewest": 4, "most": 3}, r"--max: expected 4 \(--min\) or more, got 3"),
        ({"utilization": 1.0}, "--utilization: expected more than 0 and less than 1, got 1.0; 0.7 leaves room"),
        ({"band": 0.4}, "--band: expected more than 0 and at most 0.3, as utilization is 0.7, got 0.4"),
        ({"rescales_an_hour": 0}, "--rescales-an-hour: expected 1 or more, got 0; --dry-run changes nothing"),
    ],
    ids=["min", "max", "utilization", "band", "rescales"],
)
def test_policy_that_cannot_be_kept_is_refused(given: dict[str, float], text: str) -> None:
    with pytest.raises(Exception, match=text):
        Policy(**given)  # type: ignore[arg-type]


def idle_job(tasks: int) -> SimulatedJob:
    """A job with more tasks than its low load needs."""
    job = SimulatedJob(lambda _: LOW)
    job.parallelism = dict.fromkeys(job.parallelism, tasks)
    return job


def test_job_does_not_shrink_before_a_whole_stable_window() -> None:
    ((down_s, action, slots),) = drive(idle_job(8), Autoscaler(POLICY), 400).rescales
    assert (action, slots) == ("down", 1)
    assert down_s >= POLICY.settle_s + POLICY.measure_s + POLICY.stable_s


def test_last_rescale_of_the_hour_is_not_spent_on_fewer_tasks() -> None:
    scaler = Autoscaler(POLICY)
    for _ in range(POLICY.rescales_an_hour - 1):
        scaler.rescaled(-POLICY.patience_s)
    run = drive(idle_job(8), scaler, 400)
    assert run.rescales == []
    assert run.decisions[400].cause == "budget"
    assert "but the hour's last rescale is for more tasks" in run.decisions[400].reason


def test_rescales_of_an_hour_ago_do_not_count() -> None:
    scaler = Autoscaler(POLICY)
    for _ in range(POLICY.rescales_an_hour):
        scaler.rescaled(-float(HOURS))
    assert [action for _, action, _ in drive(idle_job(8), scaler, 400).rescales] == ["down"]
