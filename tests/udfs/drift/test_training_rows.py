"""`gress models register --baseline`, run in this process, and the baselines that ship."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gress.cli.main import main
from tests.state.drift.record_golden import cell_counts
from tests.support.tiny_models import linear, write_linear

NAMES = ("a", "b", "c")
SHIPPED = sorted((Path(__file__).resolve().parents[3] / "models").glob("*/*/model.json"))
# Histograms of 2,048 columns of n-grams would be larger than the model, and say little of a text.
WITH_BASELINE = [path for path in SHIPPED if not path.parts[-3].startswith("sentiment")]
Register = Callable[..., tuple[int, str]]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = write_linear(tmp_path / "trained")
    path.with_name("model.json").write_text(json.dumps({"name": "m", "version": "1.0.0", "feature_columns": NAMES}))
    return path


@pytest.fixture
def register(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, file: Path
) -> Register:
    """Registers the model in the folder `reg`; returns the exit status and what went to standard error."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("GRESS_")]:
        monkeypatch.delenv(name)

    def call(*arguments: object) -> tuple[int, str]:
        given = ["models", "register", file, "--registry", "reg", *arguments]
        monkeypatch.setattr(sys, "argv", ["gress", *map(str, given)])
        with pytest.raises(SystemExit) as exit_info:
            main()
        return int(exit_info.value.code or 0), capsys.readouterr().err

    return call


def write_rows(path: Path, columns: dict[str, Any]) -> Path:
    import pyarrow as pa
    from pyarrow import parquet

    parquet.write_table(pa.table(columns), path)
    return path


def drawn(rows: int = 400) -> dict[str, Any]:
    """Columns of every kind of number, in another order than the model's, and some that it does not have."""
    rng = np.random.default_rng(0)
    return {
        "event_id": [str(number) for number in range(rows)],
        "c": rng.random(rows) < 0.3,
        "a": rng.normal(size=rows),
        "b": rng.integers(0, 4, rows),
        "label": rng.integers(0, 2, rows),
    }


def scored(file: Path, columns: dict[str, Any]) -> np.ndarray:
    """Return the runtime's own scores: cells end at such values, so numpy's could differ in the last digit."""
    import onnxruntime

    matrix = np.column_stack([columns[name] for name in NAMES]).astype(np.float32)
    scores: np.ndarray = onnxruntime.InferenceSession(str(file)).run(None, {"x": matrix})[0].ravel()
    np.testing.assert_allclose(scores, linear(matrix), rtol=1e-6)
    return scores


def baseline_in(registry: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((registry / "m" / "1.0.0" / "model.json").read_text("utf-8"))["baseline"]
    return found


def check_counts(baseline: dict[str, Any], columns: dict[str, np.ndarray]) -> None:
    assert [(column["name"], column["role"]) for column in baseline["columns"]] == [
        *((name, "feature") for name in NAMES),
        ("prediction", "score"),
    ]
    for column in baseline["columns"]:
        wanted = cell_counts(columns[column["name"]], column["edges"]).tolist()
        assert [*column["counts"], column["missing"]] == wanted


def test_model_json_has_the_counts_of_the_rows(register: Register, file: Path, tmp_path: Path) -> None:
    columns = drawn()
    assert register("--baseline", write_rows(tmp_path / "rows.parquet", columns)) == (0, "")
    check_counts(baseline_in(tmp_path / "reg"), {**columns, "prediction": scored(file, columns)})


def test_rows_that_the_model_has_no_score_for_are_left_out_as_in_jobs(
    register: Register, file: Path, tmp_path: Path
) -> None:
    columns = drawn()
    columns["a"][:100] = np.nan
    assert register("--baseline", write_rows(tmp_path / "rows.parquet", columns)) == (0, "")
    kept = {name: values[100:] for name, values in columns.items()}
    check_counts(baseline_in(tmp_path / "reg"), {**kept, "prediction": scored(file, kept)})


def test_without_the_option_there_is_no_baseline(register: Register, tmp_path: Path) -> None:
    assert register() == (0, "")
    assert json.loads((tmp_path / "reg" / "m" / "1.0.0" / "model.json").read_text("utf-8")).get("baseline") is None


def _no_file(path: Path) -> None:
    assert not path.exists()


def _folder(path: Path) -> None:
    path.mkdir()


def _without(*names: str) -> Callable[[Path], Any]:
    return lambda path: write_rows(path, {name: values for name, values in drawn().items() if name not in names})


def _with(**changed: Any) -> Callable[[Path], Any]:
    return lambda path: write_rows(path, {**drawn(2), **changed})


WRONG: dict[str, tuple[Callable[[Path], Any], str]] = {
    "missing columns": (_without("a", "c"), "expected a column for each feature of the model, got none for a, c"),
    "text": (_with(b=["x", "y"]), "has string in column 'b', expected numbers"),
    "empty": (lambda path: write_rows(path, drawn(0)), "has no rows"),
    "no score": (_with(a=[None, float("nan")]), "gives no finite score for any of the 2 rows"),
    "no parquet": (lambda path: path.write_text("a,b,c\n1,2,3\n"), "is not a Parquet file"),
    "cut short": (lambda path: path.write_bytes(write_rows(path, drawn()).read_bytes()[:-9]), "is not a Parquet file"),
    "empty file": (lambda path: path.touch(), "is not a Parquet file"),
    "no file": (_no_file, "cannot be read: "),
    "folder": (_folder, "cannot be read: "),
}


@pytest.mark.parametrize("kind", WRONG)
def test_file_that_will_not_do_is_one_line_and_registers_nothing(
    kind: str, register: Register, tmp_path: Path
) -> None:
    make, text = WRONG[kind]
    path = tmp_path / "rows.parquet"
    make(path)
    status, error = register("--baseline", path)
    assert (status, error.count("\n")) == (2, 1)
    assert text in error
    assert str(path) in error
    assert not list((tmp_path / "reg").rglob("model.json"))


def test_model_without_names_of_its_features_is_refused(register: Register, file: Path, tmp_path: Path) -> None:
    file.with_name("model.json").unlink()
    path = write_rows(tmp_path / "rows.parquet", drawn())
    status, error = register("--name", "m", "--version", "1", "--baseline", path)
    assert (status, error.count("\n")) == (2, 1)
    assert "does not say which features it has" in error


@pytest.mark.parametrize("path", WITH_BASELINE, ids=lambda path: "@".join(path.parts[-3:-1]))
def test_shipped_model_has_the_baseline_of_all_rows_it_was_trained_on(path: Path) -> None:
    spec = json.loads(path.read_text("utf-8"))
    columns = spec["baseline"]["columns"]
    names = [(column["name"], column["role"]) for column in columns]
    assert names == [*((name, "feature") for name in spec["feature_columns"]), ("prediction", "score")]
    rows = {sum(column["counts"]) + column["missing"] for column in columns}
    assert rows == {spec["metrics"].get("training_rows", max(rows))}
    assert min(rows) > 1_000
    for column in columns:
        assert len(column["counts"]) == len(column["edges"]) + 1


def test_models_ship() -> None:
    assert len(WITH_BASELINE) >= 6
    assert len(SHIPPED) - len(WITH_BASELINE) == 2
