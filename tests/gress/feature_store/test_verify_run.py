"""Served features beside exported ones: all rows are compared, and a planted skew is found and named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from conf.settings import JobSettings
from gress.cli.main import app
from gress.feature_store.feature_skew import FeatureSkew
from gress.feature_store.verify_run import Verified, verify_exported
from jobs.errors import JobError
from tests.support.fraud_config import STATELESS, write_fraud_config
from tests.support.pages import read_blocks
from udfs.columns.feature_texts import feature_texts

HASH = "0123456789abcdef"
ROWS = 50
Make = Callable[..., Verified]


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> JobSettings:
    from conf.loading.loader import load_settings

    settings = load_settings(write_fraud_config(tmp_path_factory.mktemp("job"), features=STATELESS), environ={})
    assert settings.job is not None
    return settings.job


@pytest.fixture
def exported() -> np.ndarray[Any, Any]:
    values = np.random.default_rng(1).normal(size=(ROWS, len(STATELESS)))
    values[3, 1] = np.nan
    return values


def write_export(path: Path, values: np.ndarray[Any, Any], ids: list[int] | None = None) -> Path:
    columns = {"TRANSACTION_ID": ids or list(range(ROWS))}
    columns |= {name: values[:, place].tolist() for place, name in enumerate(STATELESS)}
    about = {"gress.feature_set_hash": HASH, "gress.feature_columns": json.dumps(STATELESS)}
    pq.write_table(pa.table(columns).replace_schema_metadata(about), path)
    return path


def write_run(folder: Path, served: np.ndarray[Any, Any], feature_set: str = HASH, first: int = 0) -> Path:
    (folder / "predictions").mkdir(parents=True, exist_ok=True)
    lines = [
        json.dumps({"event_id": first + place, "prediction": 0.5, "feature_set": feature_set, "features": text})
        for place, text in enumerate(feature_texts(served).tolist())
    ]
    part = folder / "predictions" / f"part-{feature_set}-{first}"
    part.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return folder


def test_equal_features_are_equal_to_the_last_bit(
    job: JobSettings, exported: np.ndarray[Any, Any], tmp_path: Path
) -> None:
    run = write_run(tmp_path / "run", exported)
    file = write_export(tmp_path / "f.parquet", exported)
    assert verify_exported(run, job, file) == Verified(ROWS, 0, 0, 0, ())


def test_a_planted_skew_is_found_and_named(job: JobSettings, exported: np.ndarray[Any, Any], tmp_path: Path) -> None:
    served = exported.copy()
    served[7:10, 2] = np.nextafter(served[7:10, 2].astype(np.float32), np.float32(9))
    served[3, 1], served[4, 0] = 0.0, np.nan
    run, file = write_run(tmp_path / "run", served), write_export(tmp_path / "f.parquet", exported)
    found = verify_exported(run, job, file)
    assert [(skew.feature, skew.rows, skew.event_id) for skew in found.skews] == [
        ("TX_DURING_WEEKEND", 3, 7),
        ("TX_AMOUNT", 1, 4),
        ("TX_DURING_NIGHT", 1, 3),
    ]
    assert np.isnan([found.skews[1].served, found.skews[2].exported]).all()
    assert (found.skews[2].served, found.is_equal, found.rows) == (0.0, False, ROWS)


def test_events_and_feature_sets_that_are_not_the_exports_are_counted(
    job: JobSettings, exported: np.ndarray[Any, Any], tmp_path: Path
) -> None:
    run = write_run(tmp_path / "run", exported, first=45)
    write_run(run, exported[:2], feature_set="f" * 16)
    found = verify_exported(run, job, write_export(tmp_path / "f.parquet", exported, [*range(45, 95)]))
    assert (found.rows, found.others, found.unknown, found.is_equal) == (ROWS, 2, 0, False)
    found = verify_exported(run, job, write_export(tmp_path / "g.parquet", exported, [*range(46, 96)]))
    assert (found.unknown, found.rows) == (1, ROWS - 1)


def test_a_repeated_id_is_told_rather_than_guessed(
    job: JobSettings, exported: np.ndarray[Any, Any], tmp_path: Path
) -> None:
    ids = [0, 0, *range(2, ROWS)]
    found = verify_exported(
        write_run(tmp_path / "run", exported), job, write_export(tmp_path / "f.parquet", exported, ids)
    )
    assert (found.rows, found.repeated, found.unknown) == (ROWS - 2, 1, 1)


def test_nothing_compared_is_not_equal(job: JobSettings, exported: np.ndarray[Any, Any], tmp_path: Path) -> None:
    twice = write_export(tmp_path / "f.parquet", exported, [0] * ROWS)
    found = verify_exported(write_run(tmp_path / "run", exported[:1]), job, twice)
    assert (found.rows, found.repeated, found.is_equal) == (0, 1, False)


def test_what_cannot_be_compared_is_refused(job: JobSettings, exported: np.ndarray[Any, Any], tmp_path: Path) -> None:
    run, file = tmp_path / "run", write_export(tmp_path / "f.parquet", exported)
    with pytest.raises(JobError, match="expected a folder with the predictions of a run, got none"):
        verify_exported(tmp_path, job, file)
    write_run(run, exported[:, :2])
    with pytest.raises(JobError, match=r"features: expected 3 features, got \[.*\]; give the run's own settings"):
        verify_exported(run, job, file)
    (run / "predictions" / f"part-{HASH}-0").write_text('{"event_id":1,"prediction":0.5}\n')
    with pytest.raises(JobError, match=r"expected predictions with a column 'features', got none; run with job\.sink"):
        verify_exported(run, job, file)
    write_run(run, exported)
    pq.write_table(pa.table({"a": [1]}), file)
    with pytest.raises(JobError, match="expected a file of gress features export, with 'TRANSACTION_ID', got a"):
        verify_exported(run, job, file)
    file.write_bytes(b"no parquet")
    with pytest.raises(JobError, match="expected a Parquet file"):
        verify_exported(run, job, file)


@pytest.mark.parametrize(
    ("columns", "about", "text"),
    [
        ({}, {"gress.feature_columns": "[]"}, "expected a file of gress features export, with 'TRANSACTION_ID'"),
        ({"TRANSACTION_ID": ["x"] * ROWS}, {}, "TRANSACTION_ID: expected ids as the run has them, int64: Failed to"),
        ({"TRANSACTION_ID": [0.5] * ROWS}, {}, "export the run's own input"),
        ({STATELESS[1]: ["x"] * ROWS}, {}, rf"f\.parquet: expected numbers in column '{STATELESS[1]}', got string"),
    ],
    ids=["no hash", "other ids", "no whole ids", "texts"],
)
def test_files_of_something_else_are_refused(
    columns: dict[str, Any], about: dict[str, str], text: str, job: JobSettings, exported: Any, tmp_path: Path
) -> None:
    run, file = write_run(tmp_path / "run", exported), write_export(tmp_path / "f.parquet", exported)
    table = pq.read_table(file)
    for name, values in columns.items():
        table = table.set_column(table.column_names.index(name), name, pa.array(values))
    pq.write_table(table.replace_schema_metadata(about or table.schema.metadata), file)
    with pytest.raises(JobError, match=text):
        verify_exported(run, job, file)


def test_the_command_says_what_differs_and_fails(
    exported: np.ndarray[Any, Any], repository: Path, tmp_path: Path
) -> None:
    served = exported.copy()
    served[7, 0] = 12.5
    config = write_fraud_config(tmp_path / "config", features=STATELESS)
    run, file = write_run(tmp_path / "run", served), write_export(tmp_path / "f.parquet", exported)
    blocks = read_blocks(repository / "docs" / "feature-store.md")
    (words,) = [words for block in blocks for words in block.commands if words[:3] == ["gress", "features", "verify"]]
    places = {"out": run, "features.parquet": file, "shop.yaml": config}
    command = [str(places.get(word, word)) for word in words[1:]]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 1
    assert "TX_AMOUNT" in done.output
    assert "50 predictions compared, 1 feature differs" in done.output
    write_run(run, exported)
    done = CliRunner().invoke(app, [*command, "--json"])
    assert (done.exit_code, json.loads(done.output)["is_equal"]) == (0, True)
    refused = CliRunner().invoke(app, [word for word in command if word not in ("--features", str(file))])
    assert "expected either --input or --features, got none of them" in str(refused.exception)
    refused = CliRunner().invoke(app, [*command, "--history", f"card={file}"])
    assert "expected --history with --input, got it with --features; an export has its own" in str(refused.exception)
    refused = CliRunner().invoke(app, ["fraud-detector" if word == "fraud-detection" else word for word in command])
    assert "job 'fraud-detector': expected one of fraud-detection, " in str(refused.exception)


def test_blocks_add_up() -> None:
    matrix = np.zeros((3, 1), np.float32)
    skew = FeatureSkew(["x"], pa.array([1, 2, 3]), matrix)
    for first in (1, 2):
        skew.add(pa.array([first, first + 1]), np.array([[1.0], [0.0]], np.float32))
    assert [(each.rows, each.event_id) for each in skew.skews] == [(2, 1)]
    assert skew.rows == 4
