"""Choices that a session of SQL is opened with, and the options of Flink that follow from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from conf.settings import Settings
from jobs.flink.environment import flink_options

MODE = "execution.runtime-mode"
_RESTARTS = "restart-strategy.type"


@dataclass(frozen=True)
class SessionOptions:
    """Choices that a session is opened with.

    Attributes:
        settings: execution, registry, and a job where its features are to be computed.
        flink_conf: file of Flink options; None: the shipped one.
        parameters: job parameters, which functions read.
        is_batch: queries run over bounded tables and give each row once.
    """

    settings: Settings
    flink_conf: Path | None = None
    parameters: Mapping[str, str] | None = None
    is_batch: bool = False

    def flink_options(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return Flink's options: ``execution.flink`` wins over the mode and the restarts of sessions.

        Args:
            extra: options that win over all others.
        """
        # Somebody waits for the answer: a query that failed should say so at once, and not after five more tries.
        given = {_RESTARTS: "none", MODE: "batch" if self.is_batch else "streaming"}
        chosen = self.settings.execution.flink
        usual = {key: value for key, value in given.items() if key not in chosen}
        return flink_options(self.settings, flink_conf=self.flink_conf, extra={**usual, **(extra or {})})
