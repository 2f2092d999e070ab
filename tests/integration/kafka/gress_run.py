"""`gress run` from Kafka to Kafka, in a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.integration.kafka.topics import Topics

STOP_S = 300
READ_S = 300
THIS_VERSION = (sys.executable, "-m", "gress.cli.main")


class GressRun:
    """A run that ends when it is stopped.

    Args:
        config: the job's settings.
        topics: what it reads and writes.
        output: its folder; its log lies beside it.
        more: further settings.
        options: further options.
        delivery: of what it writes.
        command: that starts `gress`.
    """

    def __init__(
        self,
        config: Path,
        topics: Topics,
        output: Path,
        more: Sequence[str] = (),
        *,
        options: Sequence[str] = (),
        delivery: str = "exactly_once",
        command: Sequence[str] = THIS_VERSION,
    ) -> None:
        settings = [
            *topics.source(start="committed", idle_timeout="500ms"),
            *topics.sink(delivery=delivery),
            "execution.checkpoint_interval=1s",
            "job.inference.batch_timeout=50ms",
            *more,
        ]
        overrides = [part for setting in settings for part in ("--set", setting)]
        given = ["run", "fraud-detection", "--config", str(config), "--output", str(output), *overrides, *options]
        self._log = (output.parent / f"{output.name}.log").open("w+")
        self._process = subprocess.Popen(
            [*command, *given], stdout=self._log, stderr=self._log,
            cwd=output.parent, env={**os.environ, "COLUMNS": "400"}, start_new_session=True,
        )  # fmt: skip

    def stop(self, number: signal.Signals) -> str:
        """Send a signal to the whole group, as supervisors do; return what the command said, which must end well."""
        os.killpg(self._process.pid, number)
        code = self._process.wait(STOP_S)
        said = self.said()
        assert code == 0, said
        return said

    def said(self) -> str:
        """Output of the command so far."""
        return Path(self._log.name).read_text()

    def stop_with_savepoint(self) -> Path:
        """Stop it as Ctrl-C does and return where its state is."""
        said = self.stop(signal.SIGINT)
        assert "KeyboardInterrupt" not in said
        savepoint = re.search(r"stopped; its state is in file:([^\s;]+)", said)
        assert savepoint is not None, said
        return Path(savepoint[1])

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._log.close()
