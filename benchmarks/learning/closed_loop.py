"""Time from a label to the first prediction of a model that has learnt it, in a job that scores with what it learns.

The job of ``data/closed_loop.yaml`` reads payments and their labels from Kafka in real time, half a second apart,
publishes a version every 5 s of event time, promotes it and takes it without a restart. It begins with a model that
knows nothing. Labels come from the job's first prediction on. Figures:

- ``label_to_score_p50_s``, ``label_to_score_p95_s``, ``label_to_score_max_s``: from the moment a label is sent until
  a consumer has a prediction whose version was learnt from it.
- ``labels``: labels sent; ``unlearnt``: labels that no version which scored was learnt from, of those that were
  sent more than 15 s before the end.
- ``versions``: versions that scored.
- ``auc_first``: area under the curve of predictions of the version that knows nothing; ``auc_last``: of the last 2,000
  predictions.

``python -m benchmarks closed_loop [SECONDS RATE]``. Fetches the broker's jars where they are missing.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.kafka_job import fetch_missing_jars
from benchmarks.learning.payments import PARTITIONS, Seen, Town
from benchmarks.measure import load_average, print_figures
from gress.dev.broker import DevKafka
from gress.dev.client import create_topics
from models.registry import Registry, local_registry

CONFIG = Path(__file__).parents[1] / "data" / "closed_loop.yaml"
MODEL = "payment"
_STEP_S = 0.5
_START_S = 240.0
_STOP_S = 180.0
_SETTLED_S = 15.0
_ROWS = 2_000


@dataclass(frozen=True)
class Loop:
    """Results of a closed loop.

    Attributes:
        town: payments, labels and predictions.
        registry: registry of the model.
        ended_s: when the last label was sent, s since 1970.
    """

    town: Town
    registry: Registry
    ended_s: float


def main(seconds: str = "120", rate: str = "200") -> None:
    """Print the figures."""
    fetch_missing_jars()
    load = load_average()
    with tempfile.TemporaryDirectory(prefix="gress-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with DevKafka(folder / "kafka", partitions=PARTITIONS) as broker:
            town = Town(broker.servers, rate=int(rate))
            left = int(float(seconds) / _STEP_S)
            figures = figures_of(run_loop(folder, town, lambda steps: steps >= left))
    print(f"load average before {load}, after {load_average()}")
    print_figures(figures)


def run_loop(folder: Path, town: Town, is_enough: Callable[[int], bool]) -> Loop:
    """Run the job, and feed it until it is enough.

    Args:
        folder: folder for all files.
        town: what feeds it.
        is_enough: function of the half seconds since the first prediction.

    Raises:
        RuntimeError: the job ended, or there was no prediction for minutes; the text has the job's.
    """
    create_topics(town.servers, [town.names.payments, town.names.labels, town.names.predictions], partitions=PARTITIONS)
    with (folder / "log").open("w") as log, subprocess.Popen(_command(folder, town), stdout=log, stderr=log) as job:
        try:
            waited = steps = 0
            while not steps or not is_enough(steps):
                town.live(_STEP_S)
                waited += not town.seen
                steps += bool(town.seen)
                if job.poll() is not None or waited * _STEP_S > _START_S:
                    msg = f"expected predictions, got none or no job:\n{(folder / 'log').read_text()[-4000:]}"
                    raise RuntimeError(msg)
            job.send_signal(signal.SIGINT)
            job.wait(_STOP_S)
        finally:
            if job.poll() is None:
                job.kill()
            town.close()
    return Loop(town, local_registry(folder / "models"), max(town.labelled_s.values()))


def _command(folder: Path, town: Town) -> Sequence[str]:
    names, servers = town.names, town.servers
    settings = {
        "ml.model_registry.base_path": folder / "models",
        "ml.online_learning.checkpoint_dir": folder / "snapshots",
        "job.source.kafka.servers": servers,
        "job.source.kafka.topics": f"[{names.payments}]",
        "job.source.kafka.group": names.payments,
        "job.labels.kafka.servers": servers,
        "job.labels.kafka.topics": f"[{names.labels}]",
        "job.labels.kafka.group": names.labels,
        "job.sink.kafka.servers": servers,
        "job.sink.kafka.predictions": names.predictions,
        "job.sink.kafka.dead_letters": f"{names.predictions}-dead",
    }
    given = [part for name, value in settings.items() for part in ("--set", f"{name}={value}")]
    command = [sys.executable, "-m", "gress.cli.main", "run", "fraud-detection", "--config", str(CONFIG)]
    return [*command, "--output", str(folder / "out"), *given]


def figures_of(loop: Loop) -> dict[str, Any]:
    """Return the figures of a loop."""
    town = loop.town
    newest = newest_by_version(loop.registry, town.seen)
    waits = label_to_score(town, newest)
    found = np.array([wait for wait in waits.values() if wait is not None])
    late = [each for each, wait in waits.items() if wait is None]
    quantiles = np.quantile(found, [0.5, 0.95, 1.0]).round(2).tolist()
    names = ("label_to_score_p50_s", "label_to_score_p95_s", "label_to_score_max_s")
    return {
        **dict(zip(names, quantiles, strict=True)),
        "labels": len(waits),
        "unlearnt": sum(town.labelled_s[each] < loop.ended_s - _SETTLED_S for each in late),
        "versions": len(newest),
        "auc_first": area([each for each in town.seen if newest[each.version] < 0], town.frauds),
        "auc_last": area(town.seen[-_ROWS:], town.frauds),
    }


def newest_by_version(registry: Registry, seen: Sequence[Seen]) -> dict[str, int]:
    """Return the time of the newest payment that each version was learnt from, ms since 1970; -1: from none."""
    lineages = {version: registry.spec(MODEL, version).lineage for version in {each.version for each in seen}}
    return {
        version: round(lineage.newest.timestamp() * 1000) if lineage is not None and lineage.updates else -1
        for version, lineage in lineages.items()
    }


def label_to_score(town: Town, newest: Mapping[str, int]) -> dict[int, float | None]:
    """Return seconds from each label to the first prediction of a model that had learnt it, by payment; None: none."""
    begins: dict[str, float] = {}
    for each in town.seen:
        begins.setdefault(each.version, each.at_s)
    firsts = [(newest[version], at_s) for version, at_s in begins.items()]
    waits: dict[int, float | None] = {}
    for payment, sent_s in town.labelled_s.items():
        came = [at_s for until_ms, at_s in firsts if until_ms >= town.made_ms[payment]]
        waits[payment] = min(came) - sent_s if came else None
    return waits


def area(seen: Sequence[Seen], frauds: Mapping[int, int]) -> float:
    """Return the area under the curve of predictions."""
    from sklearn.metrics import roc_auc_score

    return round(float(roc_auc_score([frauds[each.payment] for each in seen], [each.score for each in seen])), 4)


if __name__ == "__main__":
    main(*sys.argv[1:])
