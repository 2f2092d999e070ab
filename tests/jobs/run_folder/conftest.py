from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest

from jobs.run_folder.claim import claim
from tests.jobs.run_folder.claims import NOTES, write_run
from tests.jobs.run_folder.parts import WriteParts


@pytest.fixture
def write_parts(tmp_path: Path) -> WriteParts:
    """Writes rows as the part files of a sink in a run's folder, two rows a file."""

    def write(name: str, rows: Sequence[dict[str, Any]]) -> Path:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        for start in range(0, len(rows), 2):
            lines = [orjson.dumps(row) + b"\n" for row in rows[start : start + 2]]
            (folder / f"part-{start:04d}").write_bytes(b"".join(lines))
        return folder

    return write


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """The folder of a run that ended, with a file of somebody else."""
    output = tmp_path / "out"
    with claim(output, is_overwriting=False):
        write_run(output, "old")
    (output / NOTES).write_text("mine")
    return output
