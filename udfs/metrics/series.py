"""Series of the metrics in the catalogue, whose values go to the folder of their job."""

from __future__ import annotations

import logging
import os
import threading
from pathlib import Path
from typing import Any

from udfs.metrics.allocated_values import allocated_dict
from udfs.metrics.catalogue import METRICS, PREFIX

_LOG = logging.getLogger("gress.metrics")
_FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
# Tasks are threads of one process in the latency profile, and prometheus-client's way to make a value is one a process.
_MAKING = threading.Lock()


class _Folder:
    """Metrics whose values are in the files of one folder, or in memory.

    Args:
        path: the folder; None: memory, in prometheus-client's default registry.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._value_class: Any = None
        self._metrics: dict[str, Any] = {}
        self._series: dict[tuple[str, ...], Any] = {}
        self._is_told = False

    def series(self, *key: str) -> Any:
        """Return the series of a name and its label values."""
        found = self._series.get(key)
        if found is None:
            with _MAKING:
                found = self._series.get(key)
                if found is None:
                    found = self._stored(key)
        # Without room for the series the job continues, and the next call tries again.
        return _FOLDERS[None].series(*key) if found is None else found

    def _stored(self, key: tuple[str, ...]) -> Any | None:
        try:
            found = self._series[key] = self._make(*key)
        except OSError as error:
            if not self._is_told:
                self._is_told = True
                _LOG.error("metrics: the job goes on without new ones in %s: %s", self._path, error.strerror)
            return None
        self._is_told = False
        return found

    def _make(self, name: str, *labels: str) -> Any:
        from prometheus_client import values

        if self._value_class is None:
            stored: Any = values.MultiProcessValue
            # Its classes look the name up whenever they open a file.
            vars(values)["MmapedDict"] = allocated_dict()
            self._value_class = values.MutexValue if self._path is None else stored()
        if self._path is not None:
            os.environ[_FOLDER_VARIABLE] = str(self._path)
        values.ValueClass = self._value_class
        metric = self._metrics.get(name)
        if metric is None:
            metric = self._metrics[name] = _metric(name, is_stored=self._path is not None)
        return metric.labels(*labels)


_FOLDERS: dict[Path | None, _Folder] = {None: _Folder(None)}
_OF_JOBS: dict[str, _Folder] = {}


def keep_series(job: str, folder: Path) -> None:
    """Write the values of a job's series to a folder; the ones from before stay where they are."""
    with _MAKING:
        _OF_JOBS[job] = _FOLDERS.setdefault(folder, _Folder(folder))


def series(name: str, job: str, *labels: str) -> Any:
    """Return the series of a metric of the catalogue and its label values, one for each process.

    Jobs that share a process each have their own folder. The values of a job without one are in prometheus-client's
    default registry.
    """
    return _OF_JOBS.get(job, _FOLDERS[None]).series(name, job, *labels)


def _metric(name: str, *, is_stored: bool) -> Any:
    import prometheus_client

    entry = METRICS[name]
    about = PREFIX + name, entry.text, entry.labels
    # A registry refuses a second metric of one name, which another folder's is; the endpoint reads the files.
    more: dict[str, Any] = {"registry": None} if is_stored else {}
    if entry.kind == "counter":
        return prometheus_client.Counter(*about, **more)
    if entry.kind == "gauge":
        return prometheus_client.Gauge(*about, multiprocess_mode=entry.merge, **more)
    return prometheus_client.Histogram(*about, buckets=entry.buckets, **more)
