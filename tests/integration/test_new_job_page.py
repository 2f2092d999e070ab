"""The page about new jobs, as it is written, from its events to the report; and the test of a copied job."""

from __future__ import annotations

import importlib.util
import json
import os
import re
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.support.pages import Block, read_blocks
from tests.support.reader import Reader, reading


@pytest.mark.slow
def test_commands_of_page_run_in_order(repository: Path, jvm_folder: Path) -> None:
    page = repository / "docs" / "new-job.md"
    printed: dict[str, str] = {}
    link = jvm_folder / "registry"
    with ExitStack() as stack:
        reader = stack.enter_context(reading(jvm_folder))
        stack.callback(link.unlink, missing_ok=True)
        for step in (step for block in read_blocks(page) for step in ([block] if block.title else block.commands)):
            if isinstance(step, Block):
                reader.save(step)
            elif step[0] == "cd":
                reader = Reader(reader.folder / step[1])
                os.chdir(reader.folder)
                # The JVM of the tests stays where it is, and so do the workers that it starts.
                link.symlink_to(reader.folder / "registry")
            else:
                printed[" ".join(step[:3])] = reader.type(step)
    summary = json.loads((jvm_folder / "late-rentals" / "out" / "summary.json").read_text())
    assert (summary["events"], summary["predictions"], summary["dead_letters"]) == (2000, 2000, 0)
    assert summary["versions"] == {"1.0.0": 2000}
    assert summary["auc_roc"] > 0.65
    assert (jvm_folder / "late-rentals" / "out" / "report.html").is_file()
    assert "3 passed" in printed["python -m pytest"]
    figure = r"AUC ([\d.]+) on 400 later events"
    (shown,), (got,) = (re.findall(figure, text) for text in (page.read_text("utf-8"), printed["gress jobs new"]))
    assert float(got) == pytest.approx(float(shown), abs=0.002)


@pytest.mark.slow
def test_test_of_a_copy_passes_as_it_is_written(jvm_folder: Path) -> None:
    with reading(jvm_folder) as reader:
        reader.type(["gress", "jobs", "new", "parts", "--like", "predictive-maintenance", "--output", "."])
        written = module_from(jvm_folder / "test_job.py")
        written.test_run_scores_every_event(None, jvm_folder)


def module_from(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location("written_test", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
