"""Models of 100,000 keys in a job: their state in RocksDB, and the rate at which they learn.

The job scores events of twenty numbers in a mini-cluster with two slots, and learns each in the model of its user.
Users take turns, so that no key is in memory when its next event comes. A slot ends after each round of all users, so
its version has a model for each of them.

- ``keys``: keys that have a model at the end.
- ``state_mb``: state of the whole job in its largest checkpoint, MB; ``bytes_a_key`` is that over the keys: model,
  optimizer, and what is published of the key.
- ``samples_per_s``: events scored and learnt a second, from two numbers of events, so that the start is left out;
  ``cpu_us_per_sample``: CPU of all programs for each.
- ``alone_samples_per_s``: samples a second of CPU that the models learn in one process, without Flink.
- ``version_mb``: size of a version; ``publish_s``: time to write, prove and publish it.

``python -m benchmarks learning_keys [KEYS [ROUNDS]]``
"""

from __future__ import annotations

import datetime as dt
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.measure import Run, cpu, elapsed, load_average, print_figures, run_module, take_turns, us_per_row
from benchmarks.rows import write_rows
from benchmarks.throughput.job_run import plan
from benchmarks.windows.window_state import LargestCheckpoint
from jobs.runs.execution import execute
from models.learned.learned_version import LearnedVersion
from models.learned.linear import LearnedLinear
from models.learned.publish import publish_learned
from models.learned.shards.table import LearnedTable
from models.lineage import Lineage
from models.registry import local_registry
from state.learners.make_learner import make_learner
from state.learners.settings import LearnerSettings
from state.learning.drift import ReactionSettings
from state.learning.guard import GuardSettings
from state.learning.scaler import ScalerSettings
from state.training.chain import ChainSettings
from state.training.course import CourseSettings
from state.training.keys.key_models import KeyModels
from state.training.samples import Samples

FEATURES = 20
_CONFIG = Path(__file__).parents[1] / "data/learning_keys.yaml"
_BATCH = 500


def run_once(source: str, output: str) -> None:
    """Run the job, and print its seconds, its largest checkpoint, and the keys of its last version."""
    folder = Path(output)
    registry = folder.parent / f"{folder.name}-registry"
    overrides = [
        f"job.learning.registry={{type: local, base_path: {registry}}}",
        f"ml.online_learning.checkpoint_dir={registry}-snapshots",
    ]
    job = plan(str(_CONFIG), source, output, overrides)
    begin = time.perf_counter()
    with LargestCheckpoint(job.address) as largest:
        execute(job.inserts, job.name)
    found = local_registry(registry)
    name = found.names()[0]
    spec = found.spec(name, str(found.versions(name)[-1]))
    size = found.resolve(name, spec.version)[1].stat().st_size
    figures = {"versions": len(found.versions(name)), "version_bytes": size, **largest.figures}
    print_figures({"seconds": time.perf_counter() - begin, **figures})


def measured(folder: Path, keys: int, rows: int) -> Run:
    """Run the job over some events."""
    source, output = folder / f"{rows}", folder / f"out-{rows}-{time.time_ns()}"
    if not source.is_dir():
        write_rows(source, rows, users=keys)
        _add_labels(source)
    return run_module("benchmarks.learning.learning_keys", "once", str(source), str(output), rows=rows)


def _add_labels(folder: Path) -> None:
    random = np.random.default_rng(3)
    for path in sorted(folder.iterdir()):
        lines = path.read_bytes().splitlines()
        labels = random.integers(0, 2, len(lines)).tolist()
        path.write_bytes(
            b"".join(b'%s,"label":%d}\n' % (line[:-1], each) for line, each in zip(lines, labels, strict=True))
        )


class MemoryStore(dict[str, bytes]):
    """State of a shard in memory."""

    def put(self, key: str, value: bytes) -> None:
        """Write an entry."""
        self[key] = value

    def remove(self, key: str) -> None:
        """Remove an entry."""
        del self[key]


def alone(keys: int, rows: int) -> float:
    """Return samples a second of CPU that the models of a shard learn, keys in turns."""
    learner = partial(make_learner, LearnerSettings("logistic", "adagrad", rate=0.05, clip=10.0), FEATURES)
    chain = ChainSettings(learner, "binary", 2, FEATURES, ScalerSettings(), ReactionSettings())
    course = CourseSettings(chain, 0.2, 0.9999, GuardSettings(), every=256, holdout_rows=1000)
    student, store, random = KeyModels(course, keys), MemoryStore(), np.random.default_rng(1)
    begin = 0.0
    for start in range(0, rows + _BATCH, _BATCH):
        if start == _BATCH:  # the compiler has done its work
            begin = time.process_time()
        numbers = np.arange(start, start + _BATCH)
        points = random.integers(0, 2**64, _BATCH, np.uint64)
        features = random.uniform(0, 100, (_BATCH, FEATURES)).astype(np.float32)
        names = np.char.add("user-", (numbers % keys).astype(str)).astype(np.bytes_)
        targets, ones = random.integers(0, 2, _BATCH).astype(np.float64), np.ones(_BATCH)
        student.learn(store, Samples(numbers, numbers, points, points, targets, ones, ones, features, names))
        student.save(store)
    return rows / (time.process_time() - begin)


def published(keys: int, folder: Path) -> float:
    """Return the seconds that the publication of a table takes."""
    random = np.random.default_rng(2)
    names = tuple(f"f{place}" for place in range(FEATURES))
    weights, ones = random.normal(size=(FEATURES, 1)), np.ones(FEATURES)
    model = LearnedLinear(names, weights, np.zeros(1), "logistic", np.zeros(FEATURES), ones, 10.0, ("0", "1"))
    deviations = random.normal(size=(keys, 1, FEATURES + 1)).astype(np.float32)
    users, shards = tuple(f"user-{place}" for place in range(keys)), np.zeros(keys, np.int64)
    table = LearnedTable("user", True, model, (model,), users, shards, deviations)
    now = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
    version = LearnedVersion(table, Lineage(job="bench", learner="logistic", updates=keys, newest=now))
    begin = time.perf_counter()
    publish_learned(local_registry(folder / "published"), "users", "1.0.1", version, created_at=now)
    return time.perf_counter() - begin


def main(keys: str = "100000", rounds: str = "4") -> None:
    """Print the figures."""
    count, load = int(keys), load_average()
    with tempfile.TemporaryDirectory(prefix="gress-bench-") as name:
        folder, sizes = Path(name), (count * int(rounds) // 2, count * int(rounds))
        turns = take_turns({"keys": partial(measured, folder, count)}, sizes, 1)["keys"]
        publish_s = published(count, folder)
    last = turns[0][-1].result
    print(f"load average before {load}, after {load_average()}; {last['versions']} versions")
    print_figures(
        {
            "keys": count,
            "state_mb": round(last["bytes"] / 1e6, 1),
            "bytes_a_key": round(last["bytes"] / count),
            "samples_per_s": round(1e6 / us_per_row(turns, elapsed)),
            "cpu_us_per_sample": round(us_per_row(turns, cpu), 1),
            "alone_samples_per_s": round(alone(count // 32, 50_000)),
            "version_mb": round(last["version_bytes"] / 1e6, 1),
            "publish_s": round(publish_s, 2),
        }
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["once"]:
        run_once(*sys.argv[2:])
    else:
        main(*sys.argv[1:])
