"""The README from top to bottom: its files are saved, what can run here runs."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import numpy as np
import pytest

from tests.support.pages import Block, read_blocks
from tests.support.reader import reading
from tests.support.small_model import expected_score, write_model

RUN_ELSEWHERE = {
    "make demo": "the set-up that `make test` shares, then a run as below with more input",
}
COUNTRIES = ("DE", "FR", "PL")
ORDERS = (
    {"order": 1, "time": 1767226464000, "customer": 7, "country": "DE", "amount": 12.5, "returned": 0},
    {"order": 2, "time": 1767226465000, "customer": 7, "country": "PL", "amount": 990.0, "returned": 1},
    {"order": 3, "time": 1767226466000, "customer": 8, "country": "FR"},
)


@pytest.fixture(scope="module")
def outputs(repository: Path, jvm_folder: Path) -> dict[str, str]:
    """Run all of it, in order; return what each command printed, the program's under its language.

    The reader has a model and orders of their own.
    """
    printed: dict[str, str] = {}
    with reading(jvm_folder) as reader:
        write_model(jvm_folder / "model", width=len(COUNTRIES) + 2).rename(jvm_folder / "returns.onnx")
        (jvm_folder / "orders.jsonl").write_text("".join(json.dumps(order) + "\n" for order in ORDERS), "utf-8")
        for block in read_blocks(repository / "README.md"):
            if block.language == "yaml":
                (jvm_folder / "returns.yaml").write_text(block.text, "utf-8")
            for command in _runnable(block):
                printed[command] = reader.type(shlex.split(command))
    return printed


def _runnable(block: Block) -> list[str]:
    if block.language == "python":
        return [shlex.join(["python", "-c", block.text])]
    commands = [shlex.join(words) for words in block.commands]
    return [command for command in commands if command not in RUN_ELSEWHERE]


@pytest.mark.slow
def test_commands_run_in_order(outputs: dict[str, str], jvm_folder: Path) -> None:
    assert [command.split()[:2] for command in outputs if command.startswith("gress ")] == [
        ["gress", "models"], ["gress", "models"], ["gress", "config"], ["gress", "run"], ["gress", "report"],
    ]  # fmt: skip
    summary = json.loads((jvm_folder / "out" / "summary.json").read_text("utf-8"))
    assert (summary["events"], summary["predictions"], summary["dead_letters"]) == (3, 2, 1)
    assert (jvm_folder / "out" / "report.html").is_file()


@pytest.mark.slow
def test_program_scores_as_the_model_does(outputs: dict[str, str]) -> None:
    (printed,) = (text for command, text in outputs.items() if command.startswith("python "))
    amounts, countries, counts = np.array([12.5, 990.0]), np.array(["DE", "PL"]), np.array([1.0, 14.0])
    features = np.column_stack([np.log1p(amounts), *(countries == name for name in COUNTRIES), counts])
    scores, _, problems = printed.strip().partition("] ")
    np.testing.assert_allclose(np.fromstring(scores.strip("["), sep=" "), expected_score(features), rtol=1e-5)
    assert problems == "{}"
