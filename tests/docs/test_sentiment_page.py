"""The program on the page of the sentiment job, on a part of its sample."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pyarrow import parquet

import gress
from jobs.catalogue import sample_input
from models.lifecycle.feature_file import read_feature_file
from tests.support.pages import read_blocks


def test_program_writes_the_features_that_the_shipped_models_take(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (program,) = (block for block in read_blocks(repository / "docs/use-cases/sentiment.md") if block.title)
    sample = sample_input("sentiment")
    assert sample is not None
    (tmp_path / "train.gz").write_bytes(sample.read_bytes())
    monkeypatch.chdir(tmp_path)
    exec(compile(program.text, program.title, "exec"), {})
    file = read_feature_file(tmp_path / "features.parquet")
    spec = gress.open_registry("package:models").spec("sentiment", "1.0.0")
    assert (file.columns, file.hash) == (spec.feature_columns, spec.feature_set_hash)
    assert parquet.read_metadata(tmp_path / "features.parquet").num_rows == 2_111


def test_event_of_the_page_is_one_of_the_job(repository: Path) -> None:
    (event,) = (
        block.text for block in read_blocks(repository / "docs/use-cases/sentiment.md") if block.language == "json"
    )
    with gress.Scorer.open("package:models", "sentiment", config="sentiment") as scorer:
        (found,) = scorer.score([json.loads(event)]).to_dicts()
    assert found["status"] == "ok"
