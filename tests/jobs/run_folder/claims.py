"""Folders of runs that were claimed, and what is in them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from jobs.errors import refuse
from jobs.run_folder.claim import Claim, claim

NOTES = "notes.txt"


def write_run(output: Path, text: str) -> None:
    for name in ("predictions/part-0.jsonl", "savepoints", "summary.json", f"learning/part-{text}"):
        path = output / name
        if name == "savepoints":
            path.mkdir(exist_ok=True)
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)


def contents(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def fail_after(write: Callable[[Claim], object], output: Path, **options: bool) -> None:
    """Fail as a run does, after ``write`` within its claim."""
    with claim(output, **{"is_overwriting": False, **options}) as held:
        write(held)
        refuse("topic t", "one that exists", "none")
