from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gress.autoscale.ds2 import Rates, needed_tasks, target_rates

# A chain: one task reads all of 1,000 a second; the second vertex is at its limit; the third sees ten times as many.
CHAIN = {"source": [], "split": ["source"], "count": ["split"]}
RATES = {
    "source": Rates(parallelism=1, records_s=500.0, busy=0.25),
    "split": Rates(parallelism=2, records_s=500.0, busy=1.0),
    "count": Rates(parallelism=4, records_s=5_000.0, busy=0.5),
}


def test_one_step_finds_the_parallelism_of_every_vertex() -> None:
    targets = target_rates(CHAIN, RATES, {"source": 1_000.0})
    assert targets == {"source": 1_000.0, "split": 1_000.0, "count": 10_000.0}
    # By hand: 1000 / (500 / 0.25), 1000 / (500 / 2), 10000 / (5000 / (0.5 * 4)).
    assert needed_tasks(RATES, targets) == pytest.approx({"source": 0.5, "split": 4.0, "count": 4.0})


@st.composite
def graphs(draw: st.DrawFn) -> tuple[dict[str, list[str]], dict[str, float]]:
    """Acyclic graphs, and the records that reach a vertex for each that reaches those before it."""
    size = draw(st.integers(2, 8))
    inputs: dict[str, list[str]] = {"0": []}
    for number in range(1, size):
        before = draw(st.sets(st.integers(0, number - 1), max_size=3))
        inputs[str(number)] = [str(each) for each in sorted(before)]
    return inputs, {vertex: draw(st.floats(0.1, 5.0)) for vertex in inputs}


@given(graph=graphs(), growth=st.floats(0.2, 8.0))
def test_targets_are_the_solution_of_the_flow_equations(
    graph: tuple[dict[str, list[str]], dict[str, float]], growth: float
) -> None:
    inputs, ratios = graph
    names = list(inputs)
    # x = s + A x, with A the records that go on for each that comes: solved as a whole instead of vertex by vertex.
    flow = np.zeros((len(names), len(names)))
    for vertex, before in inputs.items():
        for each in before:
            flow[names.index(vertex), names.index(each)] = ratios[vertex]
    entering = np.array([0.0 if inputs[vertex] else 100.0 * ratios[vertex] for vertex in names])
    now = np.linalg.solve(np.eye(len(names)) - flow, entering)
    rates = {vertex: Rates(1, rate, 0.5) for vertex, rate in zip(names, now, strict=True)}
    sources = {vertex: growth * rates[vertex].records_s for vertex in names if not inputs[vertex]}
    found = target_rates(inputs, rates, sources)
    assert [found[vertex] for vertex in names] == pytest.approx(list(growth * now))


def test_vertex_that_took_nothing_needs_no_task() -> None:
    rates = RATES | {"count": Rates(4, 0.0, 0.0)}
    assert math.isnan(rates["count"].true_rate)
    targets = target_rates(CHAIN, rates, {"source": 1_000.0})
    assert targets["count"] == 0.0
    assert needed_tasks(rates, targets)["count"] == 0.0
    # Flink counts a sink's records as passed on; they are no input of the vertex that waits for dead letters.
    assert needed_tasks(rates, {"count": 5.0}) == {"count": 0.0}


def test_work_too_short_to_measure_needs_no_task() -> None:
    assert needed_tasks({"a": Rates(2, 100.0, 0.0)}, {"a": 1_000.0}) == {"a": 0.0}


def test_job_that_took_nothing_yet_has_no_target_beyond_its_sources() -> None:
    rates = {"source": Rates(1, 0.0, 0.0), "split": Rates(1, 0.0, 0.0)}
    assert target_rates({"source": [], "split": ["source"]}, rates, {"source": 9.0}) == {"source": 9.0, "split": 0.0}


def test_queue_before_a_vertex_does_not_hide_what_it_must_take() -> None:
    # The second vertex takes 80 of 120 records a second, and the others queue up between them.
    rates = {"source": Rates(1, 120.0, 0.1, 120.0), "work": Rates(1, 80.0, 1.0)}
    targets = target_rates({"source": [], "work": ["source"]}, rates, {"source": 120.0})
    assert targets["work"] == 120.0
    assert needed_tasks(rates, targets)["work"] == 1.5


def test_records_part_between_vertices_as_these_take_them() -> None:
    # Of ten records, nine go to each of two vertices, and one to a third: counted together by the one before.
    inputs = {"source": [], "a": ["source"], "b": ["source"], "c": ["source"]}
    rates = {"source": Rates(1, 100.0, 0.5, 190.0)}
    rates |= {"a": Rates(1, 90.0, 0.5), "b": Rates(1, 90.0, 0.5), "c": Rates(1, 10.0, 0.5)}
    targets = target_rates(inputs, rates, {"source": 200.0})
    assert targets == pytest.approx({"source": 200.0, "a": 180.0, "b": 180.0, "c": 20.0})


def test_vertices_that_took_nothing_yet_share_alike() -> None:
    inputs = {"source": [], "a": ["source"], "b": ["source"]}
    rates = {"source": Rates(1, 100.0, 0.5, 100.0), "a": Rates(1, 0.0, 0.0), "b": Rates(1, 0.0, 0.0)}
    assert target_rates(inputs, rates, {"source": 100.0})["a"] == 50.0
