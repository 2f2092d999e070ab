from __future__ import annotations

from itertools import count
from pathlib import Path

import numpy as np
import pytest

from models.errors import ModelError
from models.inspect import spec_from_file
from models.scoring.inputs import Inputs
from models.scoring.loaded import load_model
from models.scoring.outputs import Scores
from models.serving.fitness import Probe, check_fitness, check_golden, golden_matrix
from models.spec import GoldenRows
from tests.models.serving.fakes import FakeModel, spec_of
from tests.support.tiny_models import linear, write_linear

ROWS = np.array([[1.0, 2.0], [3.0, 4.0], [0.5, -1.0]], dtype=np.float32)
WEIGHTS = np.array([2.0, -1.0])


def golden(predictions: tuple[float, ...], columns: tuple[str, ...] = ("a", "b")) -> GoldenRows:
    return GoldenRows(columns=columns, rows=tuple(map(tuple, ROWS.tolist())), predictions=predictions)


class Linear(FakeModel):
    def predict(self, inputs: Inputs) -> Scores:
        return Scores(inputs.matrix @ WEIGHTS, None, None)


def model_with(rows: GoldenRows | None, columns: tuple[str, ...] | None = None) -> Linear:
    return Linear(spec_of("2.0.0", golden=rows, feature_columns=columns))


def test_golden_rows_that_agree_pass() -> None:
    check_fitness(model_with(golden(tuple(ROWS.astype(float) @ WEIGHTS))), budget_s=1)


def test_golden_row_that_differs_is_named() -> None:
    with pytest.raises(ModelError, match=r"fraud@2\.0\.0 expected 7 for golden row 1, got 2; its file or runtime"):
        check_fitness(model_with(golden((0.0, 7.0, 2.0))), budget_s=1)


def test_golden_columns_are_put_in_the_order_of_the_model() -> None:
    swapped = golden((0.0, 2.0, 2.0), ("b", "a"))
    np.testing.assert_array_equal(golden_matrix(spec_of("1.0.0", feature_columns=("a", "b")), swapped), ROWS[:, ::-1])
    np.testing.assert_array_equal(golden_matrix(spec_of("1.0.0"), swapped), ROWS)


def test_golden_rows_may_have_nan() -> None:
    rows = GoldenRows(columns=("a", "b"), rows=((1.0, None),), predictions=(0.0,))
    assert np.isnan(golden_matrix(spec_of("1.0.0"), rows)[0, 1])


def test_golden_rows_of_other_columns_are_refused() -> None:
    with pytest.raises(ModelError, match="expected golden rows with its 2 columns, got missing c, extra b; export"):
        check_golden(model_with(None, ("a", "c")), golden((0.0, 2.0, 2.0)))


def test_golden_rows_must_be_rectangular() -> None:
    with pytest.raises(ValueError, match="expected 3 predictions and rows of 2 values"):
        golden((1.0,))


def test_without_rows_a_model_is_warmed_with_zeros() -> None:
    model = model_with(None)
    check_fitness(model, budget_s=1)
    assert model.warm == 1


def test_a_model_over_the_budget_is_refused() -> None:
    # The clock moves a second with every reading, so a call takes one.
    ticks = count()
    with pytest.raises(ModelError, match=r"takes 1000\.0 ms for 3 rows, expected at most 100\.0 ms; make it smaller"):
        check_fitness(model_with(None), budget_s=0.1, probe=Probe(Inputs(ROWS), 3), clock=lambda: float(next(ticks)))


def test_a_model_as_slow_as_the_one_it_replaces_may_serve() -> None:
    ticks = count()
    clock, probe = lambda: float(next(ticks)), Probe(Inputs(ROWS), 3)
    check_fitness(model_with(None), budget_s=0.1, probe=probe, serving=model_with(None), clock=clock)


def test_golden_rows_computed_by_numpy_fit_a_real_model(tmp_path: Path) -> None:
    path = write_linear(tmp_path)
    rows = np.random.default_rng(1).normal(size=(20, 3)).astype(np.float32)
    known = GoldenRows(columns=("a", "b", "c"), rows=rows.tolist(), predictions=linear(rows).tolist())
    model = load_model(spec_from_file(path, "m", "1.0.0", golden=known), path)
    check_fitness(model, budget_s=10, probe=Probe(Inputs(rows), 20))
    off = known.model_copy(update={"predictions": (0.5, *known.predictions[1:])})
    with pytest.raises(ModelError, match=r"expected 0\.5 for golden row 0, got 0\."):
        check_golden(model, off)
    model.close()
