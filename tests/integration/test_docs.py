"""Commands of the site's pages run as they are written, or are named here with where they run."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.support.pages import Block, read_blocks
from tests.support.reader import Reader, reading

PAGES_RUN_ELSEWHERE = {
    "autoscaling": "tests/gress/cli/test_autoscale.py and tests/integration/kafka/test_rescale.py",
    "clusters": "tests/integration/test_cluster.py",
    "document": "tests/integration/test_document_page.py",
    "feature-store": "tests/gress/cli/test_store.py",
    "gpu": "tests/gress/test_doctor_gpu.py and tests/gress/cli/test_models.py",
    "kafka": "tests/integration/kafka/test_kafka_page.py",
    "kubernetes": "tests/gress/cli/test_deploy.py",
    "new-job": "tests/integration/test_new_job_page.py",
    "python": "tests/integration/test_python_page.py",
    "sql": "tests/integration/test_sql_page.py",
    "sql-quality": "tests/integration/test_sql_quality_page.py",
    "use-cases/anomaly-detection": "tests/integration/test_anomaly_detection.py",
    "use-cases/forecasting": "tests/integration/test_forecasting.py",
    "use-cases/fraud-document": "tests/integration/test_document_page.py and tests/jobs/test_fraud_document.py",
    "use-cases/predictive-maintenance": "tests/integration/test_predictive_maintenance.py",
    "use-cases/recommendations": "tests/integration/test_recommendations.py",
    "use-cases/sentiment": "tests/docs/test_sentiment_page.py and tests/integration/test_sentiment.py",
}
RUN_ELSEWHERE = {
    "gress run fraud-detection --config conf/fraud_kafka": "needs a broker: tests/integration/kafka/test_kafka_page.py",
    "gress models register model.joblib": "needs a trained model: tests/models/lifecycle/test_framework_models.py",
    "gress top": "watches a job: tests/gress/top",
    **dict.fromkeys(
        (f"gress experiments {change}" for change in ("list", "set", "status", "end")),
        "changes a registry of one's own: tests/gress/cli/test_experiments.py",
    ),
}
PAGES = ("experiments", "first-job", "features", "learning", "models", "monitoring")


def do(reader: Reader, step: Block | list[str]) -> str:
    """Save a file, or run a command; return what it printed."""
    return reader.save(step) if isinstance(step, Block) else reader.type(step)


def steps_of(page: Path) -> list[Block | list[str]]:
    """Return what is done on a page here, in its order: files to save, and words of commands."""
    found: list[Block | list[str]] = []
    for block in read_blocks(page):
        found += [block] if block.title else [words for words in block.commands if not _is_elsewhere(words)]
    return found


def _is_elsewhere(words: list[str]) -> bool:
    return any(" ".join(words).startswith(each) for each in RUN_ELSEWHERE)


def _figures(text: str) -> list[float]:
    lines = re.findall(r"^[\d.]+ AUC ([\d.]+), average precision ([\d.]+)$", text, re.MULTILINE)
    return [float(figure) for line in lines for figure in line]


@pytest.mark.slow
def test_first_job_is_complete_on_its_page(repository: Path, jvm_folder: Path) -> None:
    printed = {}
    steps = steps_of(repository / "docs" / "first-job.md")
    with reading(jvm_folder) as reader:
        # The files of the page first: one of them stands behind the command that uses it.
        for step in sorted(steps, key=lambda step: not isinstance(step, Block)):
            printed[" ".join(step) if isinstance(step, list) else step.title] = do(reader, step)
    runs = [json.loads((jvm_folder / folder / "summary.json").read_text()) for folder in ("first", "second")]
    assert [list(run["versions"]) for run in runs] == [["1.0.0"], ["2.0.0"]]
    assert [run["events"] for run in runs] == [2000, 2000]
    assert runs[1]["auc_roc"] > runs[0]["auc_roc"] > 0.6
    assert (jvm_folder / "second" / "report.html").is_file()
    # The page shows what the comparison printed; another version of scikit-learn may move the last digits.
    page = (repository / "docs" / "first-job.md").read_text(encoding="utf-8")
    shown, got = _figures(page), _figures(printed["python compare.py first second"])
    assert len(got) == 4
    assert got == pytest.approx(shown, abs=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in PAGES if name != "first-job"])
def test_commands_of_page_run_in_order(name: str, repository: Path, jvm_folder: Path) -> None:
    steps = steps_of(repository / "docs" / f"{name}.md")
    assert len(steps) >= 2
    with reading(jvm_folder) as reader:
        # The files of settings that a reader has in a checkout.
        (jvm_folder / "conf").mkdir()
        for path in (repository / "conf").glob("*.yaml"):
            shutil.copy(path, jvm_folder / "conf")
        for step in steps:
            do(reader, step)


def test_every_page_with_commands_runs_somewhere(repository: Path) -> None:
    docs = repository / "docs"
    blocks = {path.relative_to(docs).with_suffix("").as_posix(): read_blocks(path) for path in docs.rglob("*.md")}
    with_commands = {page for page, found in blocks.items() if any(block.title or block.commands for block in found)}
    assert with_commands == {*PAGES, *PAGES_RUN_ELSEWHERE}
