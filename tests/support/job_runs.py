"""Runs of jobs by the launcher's own functions, and their output as data frames."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from ruamel.yaml import YAML

from jobs.run_folder.summary import Summary
from jobs.runs.launch import run
from jobs.runs.prepare import RunRequest


@dataclass(frozen=True)
class JobRun:
    """A finished run.

    Attributes:
        output: its folder.
        summary: as returned; ``summary.json`` says the same.
    """

    output: Path
    summary: Summary

    @property
    def predictions(self) -> pd.DataFrame:
        """Rows of ``predictions``, in the order of their event ids."""
        return _ordered(read_parts(self.output / "predictions"))

    @property
    def alerts(self) -> pd.DataFrame:
        """Rows of ``alerts``, in the order of their event ids."""
        return _ordered(read_parts(self.output / "alerts"))

    @property
    def dead_letters(self) -> pd.DataFrame:
        """Rows of ``dead_letters``."""
        return read_parts(self.output / "dead_letters")


def run_job(
    config: Path,
    source: Path,
    output: Path,
    *,
    overrides: Sequence[str] = (),
    job: str = "fraud-detection",
    **more: Any,
) -> JobRun:
    """Run a job as `gress run` does, without environment variables of this shell."""
    request = RunRequest(job, output, str(source), config, overrides, environ={}, **more)
    return JobRun(output, run(request, lambda counts, total: None))


def write_config(path: Path, tree: Mapping[str, Any]) -> Path:
    """Write settings as YAML."""
    with path.open("w", encoding="utf-8") as file:
        YAML().dump(tree, file)
    return path


def read_parts(folder: Path) -> pd.DataFrame:
    """Rows of a folder of JSON Lines."""
    lines = [line for part in sorted(folder.glob("part-*")) for line in part.read_text("utf-8").splitlines()]
    return pd.DataFrame([json.loads(line) for line in lines])


def _ordered(frame: pd.DataFrame) -> pd.DataFrame:
    if frame.empty:
        return frame
    return frame.sort_values("event_id", ignore_index=True)
