"""Values of all worker processes of a host, one file a process, in prometheus-client's multi-process format."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from udfs.metrics.allocated_values import allocated_dict

_FOLDED = 0
"""Process id in the name of the file with the counts of ended processes; no process has this id."""


class MetricFiles:
    """A folder of value files: ``counter_PID.db``, ``histogram_PID.db``, ``gauge_MODE_PID.db``.

    The counts of an ended process are added to one file a kind, so counters never decrease and files never pile up. Its
    gauges are deleted, because they are out of date. Only one process at a time may fold: the one that serves them.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fold_ended(self) -> None:
        """Add the counts of ended processes to the folded files, and delete their gauges."""
        self._finish_interrupted()
        for path, kind, pid in list(self._files()):
            if pid == _FOLDED or _is_running(pid):
                continue
            if kind == "gauge":
                path.unlink(missing_ok=True)
            else:
                self._fold(path, kind)

    def forget_ended(self) -> None:
        """Delete the values of ended processes, unless one still runs: then its counts continue from theirs."""
        if not any(pid != _FOLDED and _is_running(pid) for _, _, pid in self._files()):
            for path in self.folder.glob("*_*.*"):
                path.unlink(missing_ok=True)

    def exposition(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        from prometheus_client import CollectorRegistry, generate_latest
        from prometheus_client.multiprocess import MultiProcessCollector

        registry = CollectorRegistry()
        collector: Any = MultiProcessCollector
        collector(registry, str(self.folder))
        return bytes(generate_latest(registry))

    def _files(self) -> Iterator[tuple[Path, str, int]]:
        for path in sorted(self.folder.glob("*_*.db")):
            kind, _, rest = path.stem.partition("_")
            pid = rest.rpartition("_")[2]
            if pid.isdecimal():
                yield path, kind, int(pid)

    def _fold(self, path: Path, kind: str) -> None:
        from prometheus_client import mmap_dict

        values: Any = mmap_dict.MmapedDict
        # Three steps, so that a process that dies in between loses nothing and counts nothing twice: if the new file
        # exists, `_finish_interrupted` knows that it contains the taken one.
        folded = self.folder / f"{kind}_{_FOLDED}.db"
        taken, new = path.with_suffix(".taken"), folded.with_suffix(".new")
        totals: dict[str, float] = defaultdict(float)
        for source in (folded, path):
            if source.exists():
                for key, value, *_ in values.read_all_values_from_file(str(source)):
                    totals[key] += value
        new.unlink(missing_ok=True)
        try:
            target = allocated_dict()(str(new))
            for key, value in totals.items():
                target.write_value(key, value, 0.0)
            target.close()
        except OSError:
            new.unlink(missing_ok=True)
            raise
        path.rename(taken)
        new.rename(folded)
        taken.unlink()

    def _finish_interrupted(self) -> None:
        for taken in self.folder.glob("*.taken"):
            kind = taken.stem.partition("_")[0]
            new = self.folder / f"{kind}_{_FOLDED}.new"
            if new.exists():
                new.rename(new.with_suffix(".db"))
            taken.unlink()


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
