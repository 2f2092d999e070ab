"""Counts of what became of predictions and labels, which a job writes by and by."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from jobs.run_folder.part_files import line_blocks

FOLDER = "label_counts"


def count_labels(output: Path) -> dict[str, int]:
    """Return the rows of each outcome in the final part files of a run; none where it has no labels."""
    import orjson

    counts: Counter[str] = Counter()
    for block in line_blocks(output / FOLDER):
        for line in block.splitlines():
            said = orjson.loads(line)
            counts[said["outcome"]] += said["rows"]
    return dict(sorted(counts.items()))
