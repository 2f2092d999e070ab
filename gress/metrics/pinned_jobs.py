"""Running jobs that a promotion does not reach, found at their metrics endpoints."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from conf.settings import MetricsSettings
from gress.metrics.scrape import scrape
from udfs.metrics.exporter import metrics_folder

_TIMEOUT_S = 1.0


@dataclass(frozen=True)
class PinnedJob:
    """A job whose settings choose its version.

    Attributes:
        job: name of the job.
        version: version that scores.
        endpoint: HOST:PORT of its metrics.
    """

    job: str
    version: str
    endpoint: str


def pinned_jobs(model: str, endpoints: Iterable[str]) -> list[PinnedJob]:
    """Return the running jobs that score with a model and do not follow its registry.

    An endpoint that does not answer shows no job; neither does a job without `ml.metrics.port`.

    Args:
        model: name of the model.
        endpoints: HOST:PORT of metrics.
    """
    found = set()
    for endpoint in dict.fromkeys(endpoints):
        for series, value in scrape(endpoint, timeout_s=_TIMEOUT_S).gauges.items():
            if series.name == "model_info" and value and series.has({"model": model, "follows": "settings"}):
                labels = dict(series.labels)
                found.add((labels["job"], labels["version"], endpoint))
    return [PinnedJob(*each) for each in sorted(found)]


def endpoints_here() -> Iterator[str]:
    """Yield the metrics endpoints of this user's jobs on this machine, by the folders that their workers share."""
    pattern = metrics_folder(MetricsSettings(port=1)).name.removesuffix("1")
    for folder in sorted(Path(tempfile.gettempdir()).glob(f"{pattern}*")):
        port = folder.name.removeprefix(pattern)
        if port.isdecimal() and folder.stat().st_uid == os.getuid():
            yield f"localhost:{port}"
