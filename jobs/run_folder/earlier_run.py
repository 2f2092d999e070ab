"""An earlier run's files in a folder that a new run takes over: moved aside, and removed last.

Rules of this file:

- Other people's files in the folder stay where they are, under any circumstances.
- A kill at any moment loses nothing: while files are moved they are in either place, and the name of the folder beside
  them tells in which direction they go.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

_MOVING, _ASIDE, _REMOVED = ".earlier-moving", ".earlier", ".earlier-removed"
_ROWS = ("predictions", "alerts", "dead_letters")
_OF_LABELS = ("label_dead_letters", "unmatched", "label_counts")
_OF_MODELS = ("comparisons", "verdicts", "learning", "drift")
_FILES = ("input.jsonl", "summary.json", "timeline.jsonl", "report.html", ".topic-counts.json")
WRITTEN = (
    *(*_ROWS, *_OF_LABELS, *_OF_MODELS, *_FILES),
    *(f"{name}.parquet" for name in _ROWS),
    *(f".{name}.part" for name in (*_FILES, *(f"{name}.parquet" for name in _ROWS))),
    *("features", "savepoints", ".checkpoints"),
)
_OF_PARTS = (*_ROWS, *_OF_LABELS, *_OF_MODELS, "features")
_PART = re.compile(r"\.?part-.+")
"""Names of all that a run writes into its folder, beside the mark."""


class EarlierRun:
    """The files that an earlier run left in a folder; the caller alone writes there.

    Args:
        output: the folder.
    """

    def __init__(self, output: Path) -> None:
        self._output = output
        self._moving, self._aside, self._removed = (output / name for name in (_MOVING, _ASIDE, _REMOVED))

    def foreign_file(self) -> Path | None:
        """Return a file among its rows that no run wrote; None: there is none."""
        folders = [folder for folder in (self._output / name for name in _OF_PARTS) if folder.is_dir()]
        files = (path for folder in folders if not folder.is_symlink() for path in sorted(folder.iterdir()))
        return next((path for path in files if not _PART.fullmatch(path.name)), None)

    def set_aside(self) -> None:
        """Move its files into a folder beside them."""
        self._moving.mkdir()
        for path in self._written():
            path.rename(self._moving / path.name)
        self._moving.rename(self._aside)

    def restore(self) -> None:
        """Move its files back where they were set aside, over the files of a run that never started."""
        if self._aside.is_dir():
            for path in self._written():
                remove(path)
            self._aside.rename(self._moving)
        if self._moving.is_dir():
            for path in self._moving.iterdir():
                path.rename(self._output / path.name)
            self._moving.rmdir()
        shutil.rmtree(self._removed, ignore_errors=True)

    def remove(self) -> None:
        """Remove its files, if any were set aside."""
        if self._aside.is_dir():
            # From now on nothing is restored, as a part of it may be gone.
            self._aside.rename(self._removed)
        shutil.rmtree(self._removed, ignore_errors=True)

    def _written(self) -> list[Path]:
        return [path for path in (self._output / name for name in WRITTEN) if path.exists() or path.is_symlink()]


def remove(path: Path) -> None:
    """Remove a file, a link or a folder with all in it."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
