from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet

from models.training.golden import golden_places, write_golden

FEATURES = np.arange(6, dtype=np.float32).reshape(3, 2)


@pytest.mark.parametrize("rows", [1, 49, 50, 51, 60_000])
def test_places_are_fifty_at_most_from_the_first_row_to_the_last(rows: int) -> None:
    places = golden_places(rows)
    assert (places[0], places[-1]) == (0, rows - 1)
    assert len(places) == min(rows, 50)
    assert (np.diff(places) > 0).all()


@pytest.mark.parametrize("answers", [None, np.array([0.5, 0.25, 0.125])], ids=["features alone", "with answers"])
def test_file_has_a_column_for_each_feature_and_the_answers_if_known(
    answers: np.ndarray | None, tmp_path: Path
) -> None:
    write_golden(tmp_path / "golden.parquet", ("a", "b"), FEATURES, answers)
    wanted = {"a": [0.0, 2.0, 4.0], "b": [1.0, 3.0, 5.0]}
    if answers is not None:
        wanted["prediction"] = answers.tolist()
    assert parquet.read_table(tmp_path / "golden.parquet").to_pydict() == wanted
