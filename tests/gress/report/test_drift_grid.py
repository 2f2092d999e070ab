from __future__ import annotations

from pathlib import Path

import numpy as np

from gress.report.drift_grid import DriftGrid, drift_grids
from gress.report.reading.drift import read_drift
from tests.gress.report.runs import Row, drift_window, write_run


def _grids(folder: Path, windows: list[Row], **most: int) -> list[DriftGrid]:
    write_run(folder, predictions=[], drift=windows)
    return drift_grids(read_drift(folder), **most)


def test_worst_columns_come_first(tmp_path: Path) -> None:
    (grid,) = _grids(
        tmp_path,
        [
            drift_window(0, {"calm": 0.1, "late": 0.2, "often": 0.6, "mild": 0.5}),
            drift_window(1, {"calm": 0.1, "late": 0.9, "often": 0.7, "mild": 0.5}),
        ],
    )
    assert grid.names == ("often", "late", "mild", "calm")
    np.testing.assert_array_equal(grid.scores, [[0.6, 0.7], [0.2, 0.9], [0.5, 0.5], [0.1, 0.1]])
    assert grid.is_drift.tolist() == [[True, True], [False, True], [False, False], [False, False]]
    assert grid.measures[0] == ["psi 0.3", "psi 0.35"]


def test_column_not_measured_in_a_window_is_a_gap(tmp_path: Path) -> None:
    (grid,) = _grids(tmp_path, [drift_window(0, {"a": 0.1, "b": 0.4}), drift_window(1, {"a": 0.2})])
    np.testing.assert_array_equal(grid.scores, [[0.4, np.nan], [0.1, 0.2]])


def test_windows_with_too_few_rows_are_gaps_and_counted(tmp_path: Path) -> None:
    windows = [drift_window(0, {"a": 0.4}), drift_window(1, {}, score=None, quality=None), drift_window(2, {"a": 0.6})]
    (grid,) = _grids(tmp_path, windows)
    np.testing.assert_array_equal(grid.scores, [[0.4, np.nan, 0.6]])
    assert (len(grid.windows), grid.unjudged) == (3, 1)


def test_several_measures_of_a_column_count_as_the_worst(tmp_path: Path) -> None:
    window = drift_window(0, {"a": 0.3})
    window["findings"].append(window["findings"][0] | {"measure": "ks", "score": 0.8, "statistic": 0.25})
    window["findings"].append(window["findings"][0] | {"role": "score", "score": 0.1})
    (grid,) = _grids(tmp_path, [window])
    assert grid.names == ("a", "a (score)")
    assert grid.measures == [["ks 0.25"], ["psi 0.15"]]


def test_every_version_has_its_own_grid(tmp_path: Path) -> None:
    windows = [drift_window(i, {"a": 0.1 * i}, version=f"{1 + i // 2}.0.0") for i in range(4)]
    grids = _grids(tmp_path, windows)
    assert [(grid.version, len(grid.windows)) for grid in grids] == [("1.0.0", 2), ("2.0.0", 2)]


def test_grid_stays_small_and_keeps_the_worst(tmp_path: Path) -> None:
    windows = [drift_window(i, {f"f{j}": 0.95 if (i, j) == (37, 9) else 0.1 for j in range(12)}) for i in range(100)]
    (grid,) = _grids(tmp_path, windows, most_columns=5, most_windows=30)
    assert grid.scores.shape == (5, 25)
    assert (grid.columns, grid.merged) == (12, 4)
    assert grid.names[0] == "f9"
    assert np.argwhere(grid.is_drift).tolist() == [[0, 37 // 4]]
