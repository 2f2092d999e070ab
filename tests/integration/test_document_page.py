"""The page that goes through the integration document, from top to bottom: each step of the document runs here."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conf.loading.schema import setting_keys
from conf.settings import Settings
from tests.support.job_runs import read_parts
from tests.support.pages import prose_of, read_blocks
from tests.support.reader import reading

AMOUNTS = np.array([[8000.0], [20.0]])


@pytest.fixture(scope="module")
def page(repository: Path) -> Path:
    return repository / "docs" / "document.md"


@pytest.mark.slow
def test_page_is_complete(page: Path, jvm_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    printed: list[str] = []
    with reading(jvm_folder) as reader:
        for block in read_blocks(page):
            if block.title:
                reader.save(block)
            if block.language == "python":
                exec(compile(block.text, "docs/document.md", "exec"), {} if block.title else names)
                printed.append(capsys.readouterr().out)
            for words in block.commands:
                reader.type(words)
        job = read_parts(jvm_folder / "out" / "predictions").sort_values("event_id")
        summaries = [json.loads((jvm_folder / each / "summary.json").read_text()) for each in ("fraud", "ab")]
    # scikit-learn says what its model's file must say.
    want = names["trained"].predict_proba(AMOUNTS / 10_000)[:, 1]
    _, of_scorer, of_program = printed
    assert float(re.findall(r"'prediction': ([\d.]+)", of_scorer)[0]) == pytest.approx(want[0], rel=1e-5)
    assert of_program.split() == ["1:", f"{want[0]:.2f}", "2:", f"{want[1]:.2f}"]
    np.testing.assert_allclose(job["prediction"], want, rtol=1e-5)
    assert set(zip(job["model"], job["version"], strict=True)) == {("fraud-detector", "2.0.0")}
    assert all(summary["predictions"] > 0 == summary["dead_letters"] for summary in summaries)
    for figures in summaries[0]["evaluation"].values():
        assert set(figures) == {"model", "the document's rule", "amount alone"}
        assert figures["model"] > max(figures["the document's rule"], figures["amount alone"]) + 0.2
    assert set(summaries[1]["variants"]) == {"fraud-model-test: control", "fraud-model-test: treatment"}


@pytest.mark.parametrize(
    ("title", "file"), [("config.yaml", "quick_start.yaml"), ("full.yaml", "full.yaml")], ids=["quick start", "full"]
)
def test_settings_of_the_page_are_those_of_the_document(title: str, file: str, page: Path, repository: Path) -> None:
    (block,) = (block for block in read_blocks(page) if block.title == title)
    assert block.text == (repository / "tests" / "conf" / "data" / file).read_text("utf-8")


def test_settings_that_the_tables_name_are_there(page: Path) -> None:
    known = {".".join(key.path) for key in setting_keys(Settings)}
    named = set(re.findall(r"`((?:ml|job)\.[a-z_.]+)`", prose_of(page)))
    assert len(named) >= 12
    assert sorted(named - known) == []
