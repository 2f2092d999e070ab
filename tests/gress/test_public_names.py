"""The one name that users import: what it gives, that it costs nothing, and that types and names agree."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import gress
from tests.support.pages import read_blocks
from tests.support.tiny_models import linear, write_linear

FIELDS = {
    "id": {"type": "long"},
    "at": {"type": "timestamp"},
    "card": {"type": "string"},
    "amount": {"type": "double"},
    "size": {"type": "double"},
    "hour": {"type": "double"},
}


def _typed_imports() -> dict[str, str]:
    """Names that type checkers see, and the module of each."""
    tree = ast.parse(Path(gress.__file__).read_text("utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    return {alias.asname or "": str(node.module) for node in imports for alias in node.names}


@pytest.mark.parametrize("name", gress.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(gress, name) is not None
    assert name in dir(gress)


def test_type_checkers_see_what_programs_get() -> None:
    for name, module in _typed_imports().items():
        assert getattr(gress, name) is getattr(sys.modules[module], name)
    assert {"__version__", *_typed_imports()} == set(gress.__all__)


@pytest.mark.parametrize("page", ["README.md", "docs/reference/python.md"])
def test_programs_on_pages_use_public_names_only(repository: Path, page: str) -> None:
    programs = [ast.parse(block.text) for block in read_blocks(repository / page) if block.language == "python"]
    assert programs
    for node in (node for program in programs for node in ast.walk(program)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "gress":
            assert node.attr in gress.__all__
        if isinstance(node, ast.ImportFrom):
            assert node.module == "pathlib"


def test_unknown_name_is_refused() -> None:
    with pytest.raises(AttributeError, match="module 'gress' has no attribute 'predictt'"):
        gress.predictt  # type: ignore[attr-defined]  # noqa: B018


def test_import_loads_none_of_our_modules(repository: Path) -> None:
    code = "import json, sys, gress; print(json.dumps([gress.__file__, *sys.modules]))"
    done = subprocess.run([sys.executable, "-c", code], cwd=repository, capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert loaded & {"conf", "models", "state", "udfs", "jobs", "numpy", "pydantic", "typer"} == set()


def _settings(folder: Path) -> gress.Settings:
    names = ("amount", "size", "hour")
    tree = {
        "ml": {"enabled": True, "model_registry": {"base_path": str(folder / "registry"), "watch_interval": "100ms"}},
        "job": {
            "name": "payments",
            "events": {"id": "id", "key": "card", "time": "at", "fields": FIELDS},
            "features": {"name": "raw", "specs": [{"name": n, "type": "numerical", "source": n} for n in names]},
            "inference": {"model_name": "payments"},
        },
    }
    path = folder / "payments.yaml"
    path.write_text(json.dumps(tree), "utf-8")
    return gress.load_settings(str(path))


def test_model_is_registered_promoted_and_scores_columns_without_flink(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    registry = gress.open_registry(str(tmp_path / "registry"))
    gress.register(registry, write_linear(tmp_path), "payments", "1.0.0")
    gress.promote(registry, "payments", "1.0.0", by="test", why="first")
    assert [model.name for model in gress.list_models(registry)] == ["payments"]
    columns = {"amount": np.array([1.0, 4.0]), "size": np.array([2.0, 0.5]), "hour": np.array([3.0, 23.0])}
    with gress.open_scorer(settings) as scorer:
        assert set(scorer.features.inputs) == set(columns)
        found = scorer.score(columns)
    np.testing.assert_allclose(found.prediction, linear(np.column_stack(list(columns.values()))), rtol=1e-6)
    assert found.problems == {}
    with pytest.raises(RuntimeError, match="expected an open one, got one that was closed"):
        scorer.score(columns)


def test_a_table_scores_as_its_arrays_do(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    registry = gress.open_registry(str(tmp_path / "registry"))
    gress.register(registry, write_linear(tmp_path), "payments", "1.0.0")
    frame = pd.DataFrame({"amount": [1, 4], "size": [2.0, 0.5], "hour": [3.0, 23.0], "other": ["a", "b"]})
    with gress.open_scorer(settings) as scorer:
        of_arrays = scorer.score({name: frame[name].to_numpy() for name in scorer.features.inputs}).prediction
        np.testing.assert_array_equal(scorer.score(frame).prediction, of_arrays)
        np.testing.assert_array_equal(scorer.score(pa.Table.from_pandas(frame)).prediction, of_arrays)
        with pytest.raises(gress.FeatureError, match="expected input column 'hour', got none"):
            scorer.score(frame.drop(columns="hour"))
        renamed = frame.rename(columns={"hour": "hours", "size": "sizes"})
        with pytest.raises(gress.FeatureError, match=r"'size', 'hour', got none of them; 'size': nearest .* 'sizes'"):
            scorer.score(renamed)


def test_scorer_wants_a_job() -> None:
    with pytest.raises(gress.JobError, match="settings: expected a `job:`"), gress.open_scorer(gress.load_settings()):
        pass


def test_environment_of_the_process_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRESS_ML__INFERENCE__MAX_CONCURRENCY", "7")
    assert gress.load_settings().ml.inference.max_concurrency == 7
    assert gress.load_settings(environ={}).ml.inference.max_concurrency == 10


def test_registry_of_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(gress.ModelError, match="has scheme ftp://"):
        gress.open_registry("ftp://host/models")


def test_registry_without_a_place_is_refused() -> None:
    with pytest.raises(gress.ConfigError, match=r"registry: ml\.model_registry\.base_path"):
        gress.open_registry("")
