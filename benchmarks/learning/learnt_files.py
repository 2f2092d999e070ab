"""Events and results of a run of ``data/learning_faults.yaml``, compared with the results of another run."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from jobs.sources.transactions import GeneratorSettings, TransactionGenerator, write
from models.registry import local_registry

MODEL = "fraud"
FILES = 100
_CUSTOMERS = 1_000


def write_events(folder: Path, events: int) -> None:
    """Write card transactions in the order of their time into many files, so that tasks read on in this order."""
    folder.mkdir(parents=True)
    whole = folder.parent / "events.jsonl"
    write(whole, TransactionGenerator(GeneratorSettings(customers=_CUSTOMERS, radius=10.0)).batches(events))
    lines = whole.read_bytes().splitlines(keepends=True)
    for number in range(FILES):
        part = lines[number * events // FILES : (number + 1) * events // FILES]
        (folder / f"{number:03}.jsonl").write_bytes(b"".join(part))


def compared(undisturbed: Path, killed: Path) -> dict[str, int]:
    """Return the figures of a run that was killed.

    Args:
        undisturbed: folder of a run that was not, with ``out``, ``models`` and ``snapshots``.
        killed: folder of the one that was.
    """
    wanted, found = lines_of(undisturbed), lines_of(killed)
    events = json.loads((undisturbed / "out" / "summary.json").read_text("utf-8"))["events"]
    learnt = max((line["updates"] + line["held_out"] + line["skipped"] for line in found), default=0)
    versions = Counter(line["version"] for line in found if "version" in line)
    there, expected = (set(map(str, local_registry(each / "models").versions(MODEL))) for each in (killed, undisturbed))
    told = {line["slot"]: _counts(line) for line in found}
    return {
        "weights_identical": int(snapshots_of(killed) == snapshots_of(undisturbed) != {}),
        "versions": len(there),
        "samples": learnt,
        "samples_lost": max(events - learnt, 0),
        "samples_doubled": max(learnt - events, 0),
        "slots_different": sum(told.get(line["slot"]) != _counts(line) for line in wanted),
        "published_twice": sum(versions.values()) - len(versions) + len(there - expected),
        "published_never": len(expected - there) + sum("version" not in line for line in found),
        "predictions_lost": events - rows_in(killed / "out" / "predictions"),
    }


def lines_of(run: Path) -> list[dict[str, Any]]:
    """Return the lines of progress of a run."""
    parts = sorted((run / "out" / "learning").glob("part-*"))
    return [json.loads(line) for part in parts for line in part.read_text("utf-8").splitlines()]


def snapshots_of(run: Path) -> dict[str, bytes]:
    """Return the snapshots of a run by version."""
    return {path.stem: path.read_bytes() for path in (run / "snapshots" / MODEL).glob("*.json")}


def rows_in(folder: Path) -> int:
    """Return the number of lines in the parts of a folder."""
    return sum(part.read_bytes().count(b"\n") for part in folder.glob("part-*"))


def _counts(line: dict[str, Any]) -> dict[str, Any]:
    return {name: line[name] for name in ("updates", "held_out", "skipped", "scores", "guard", "drifts")}
