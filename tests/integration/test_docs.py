"""Commands of the site's pages run as they are written, or are named here with where they run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.pages import Block, read_blocks

REPOSITORY = Path(__file__).resolve().parents[2]
PAGES_RUN_ELSEWHERE = {
    "clusters": "tests/integration/test_cluster.py",
    "kafka": "tests/integration/kafka/test_kafka_page.py",
}
RUN_ELSEWHERE = {
    "gress run fraud-detection --config conf/fraud_kafka": "needs a broker: tests/integration/kafka/test_kafka_page.py",
    "gress models register model.joblib": "needs a trained model: tests/models/lifecycle/test_framework_models.py",
    "gress top": "watches a job: tests/gress/top",
}
PAGES = ("first-job", "features", "models", "monitoring")


class Shell:
    """Runs the steps of a page in a folder: jobs in processes of their own, other commands of `gress` here."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._folder = folder
        self._capsys = capsys
        monkeypatch.chdir(folder)
        for name in [name for name in os.environ if name.startswith("GRESS_")]:
            monkeypatch.delenv(name)

    def do(self, step: Block | list[str]) -> str:
        """Save a file, or run a command; return what it printed."""
        if isinstance(step, Block):
            (self._folder / step.title).write_text(step.text, encoding="utf-8")
            return step.text
        if step[0] == "python":
            return self._beside([sys.executable, *step[1:]])
        assert step[0] == "gress", step
        if step[1] == "run" or step[1:3] == ["features", "export"]:
            # Workers find a registry of this folder only if their JVM was started here.
            out = self._beside([sys.executable, "-m", "gress.cli.main", *step[1:]])
        else:
            out = self._here(step[1:])
        assert out.strip(), step
        return out

    def _beside(self, command: list[str]) -> str:
        environ = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environ)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    def _here(self, arguments: list[str]) -> str:
        from gress.cli.main import app

        self._capsys.readouterr()
        assert app(arguments, standalone_mode=False) in (None, 0), arguments
        return self._capsys.readouterr().out


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
def test_first_job_is_complete_on_its_page(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shell = Shell(tmp_path, monkeypatch, capsys)
    printed = {}
    steps = steps_of(repository / "docs" / "first-job.md")
    # The files of the page first: one of them stands behind the command that uses it.
    for step in sorted(steps, key=lambda step: not isinstance(step, Block)):
        printed[" ".join(step) if isinstance(step, list) else step.title] = shell.do(step)
    runs = [json.loads((tmp_path / folder / "summary.json").read_text()) for folder in ("first", "second")]
    assert [list(run["versions"]) for run in runs] == [["1.0.0"], ["2.0.0"]]
    assert [run["events"] for run in runs] == [2000, 2000]
    assert runs[1]["auc_roc"] > runs[0]["auc_roc"] > 0.6
    assert (tmp_path / "second" / "report.html").is_file()
    # The page shows what the comparison printed; another version of scikit-learn may move the last digits.
    page = (repository / "docs" / "first-job.md").read_text(encoding="utf-8")
    shown, got = _figures(page), _figures(printed["python compare.py first second"])
    assert len(got) == 4
    assert got == pytest.approx(shown, abs=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in PAGES if name != "first-job"])
def test_commands_of_page_run_in_order(
    name: str, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shell = Shell(tmp_path, monkeypatch, capsys)
    steps = steps_of(repository / "docs" / f"{name}.md")
    assert len(steps) >= 2
    for step in steps:
        shell.do(step)


def test_every_page_with_commands_runs_somewhere(repository: Path) -> None:
    blocks = {path.stem: read_blocks(path) for path in (repository / "docs").rglob("*.md")}
    with_commands = {page for page, found in blocks.items() if any(block.title or block.commands for block in found)}
    assert with_commands == {*PAGES, *PAGES_RUN_ELSEWHERE}
