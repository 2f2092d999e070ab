"""The page docs/kafka.md as it is written: a broker, events, the job, a swap of its model."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.pages import read_blocks

WAIT_S = 400
KEPT = ("dev kafka", "dev produce", "run")
FETCH = "gress jars fetch --broker"
# Readers see rows after a checkpoint: a reader of the page waits 10 s for each.
OFTEN = {"GRESS_EXECUTION__CHECKPOINT_INTERVAL": "2s"}
# The command after it goes on from the same state, with a registry.
RESUME = "gress run fraud-detection --config conf/fraud_kafka.yaml --resume"


class Terminals:
    """Terminals of a reader: a broker, a sender and a job that keep theirs, and one for all else."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: dict[str, subprocess.Popen[str]] = {}

    def type(self, words: list[str]) -> str:
        """Run a command, and return what it printed; one that keeps its terminal goes on."""
        command = [sys.executable, "-m", "gress.cli.main", *words[1:]]
        kind = next((kind for kind in KEPT if " ".join(words[1:]).startswith(kind)), None)
        given = {"text": True, "cwd": self._folder, "env": self._environ}
        if kind is None:
            done = subprocess.run(command, capture_output=True, check=False, timeout=WAIT_S, **given)
            assert done.returncode == 0, f"{words}\n{done.stdout}{done.stderr}"
            return done.stdout
        if kind in self._kept:
            self.interrupt(kind)
        log = (self._folder / f"{kind}.log").open("a")
        self._kept[kind] = subprocess.Popen(command, stdout=log, stderr=log, **given)
        if kind == "dev kafka":
            self._await(kind, "Kafka answers on")
        return ""

    def interrupt(self, kind: str) -> None:
        """Press Ctrl-C; the command must end well."""
        process = self._kept.pop(kind)
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        assert process.wait(WAIT_S) == 0, (self._folder / f"{kind}.log").read_text()

    def close(self) -> None:
        for process in reversed(self._kept.values()):
            # A broker that is killed leaves its JVM behind.
            process.send_signal(signal.SIGINT)
            process.wait(WAIT_S)

    @property
    def _environ(self) -> dict[str, str]:
        given = {name: value for name, value in os.environ.items() if not name.startswith("GRESS_ML")}
        return {**given, "PYTHONPATH": str(Path(__file__).resolve().parents[3]), **OFTEN}

    def _await(self, kind: str, text: str) -> None:
        deadline = time.monotonic() + WAIT_S
        log = self._folder / f"{kind}.log"
        while text not in log.read_text():
            assert self._kept[kind].poll() is None, log.read_text()
            assert time.monotonic() < deadline
            time.sleep(0.1)


@pytest.fixture
def terminals(kafka_jars: None, tmp_path: Path) -> Iterator[Terminals]:
    opened = Terminals(tmp_path)
    yield opened
    opened.close()


@pytest.mark.slow
def test_page_works_as_written(terminals: Terminals, repository: Path) -> None:
    blocks = read_blocks(repository / "docs" / "kafka.md")
    commands = [words for block in blocks for words in block.commands]
    texts = [shlex.join(words) for words in commands]
    assert {FETCH, RESUME} <= set(texts)
    last, shown = commands[-1], []
    for words, text in zip(commands, texts, strict=True):
        if text in (FETCH, RESUME):
            continue
        printed = terminals.type(words)
        if words[1:3] == ["dev", "consume"]:
            shown.append([json.loads(line) for line in printed.splitlines()])
    first, after_swap = shown
    assert len(first) == len(after_swap) == 3
    assert {row["version"] for row in first} == {"2.0.0"}
    # Readers see rows of the promoted version after a checkpoint.
    versions = {row["version"] for row in after_swap}
    assert versions <= {"1.0.0", "2.0.0"}
    deadline = time.monotonic() + WAIT_S
    while versions != {"2.0.0"}:
        assert time.monotonic() < deadline
        versions = {json.loads(line)["version"] for line in terminals.type(last).splitlines()}
    terminals.interrupt("run")
