"""CPU time of a job's operator with features that are looked up in the store, beside the same without."""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from ruamel.yaml import YAML

from benchmarks.rows import line
from benchmarks.throughput.scoring import CONFIG
from conf.loading.loader import settings_from
from state.feature_store.group import Group
from udfs.feature_store.open_store import open_store
from udfs.functions.score_lines import ScoreLines
from udfs.parsing.json_lines import JsonLines

LOOKUPS = tuple(f"x{number}" for number in range(15, 20))
TABLE = "profiles"


def write_joined(path: Path, store: dict[str, object], users: int) -> None:
    """Write the settings of the job of ``scoring`` with five look-ups, and fill the store with their values."""
    with path.open("w", encoding="utf-8") as file:
        YAML().dump(_joined_tree(store), file)
    _fill(store, [f"user-{user:03d}" for user in range(users)])


def operator_us_per_row(store: dict[str, object], rows: int, users: int, turns: int) -> tuple[float, float]:
    """Return the microseconds of CPU a row without look-ups, and with five of them that the cache answers.

    The operator reads lines, computes twenty features and scores them with a network, as the job of `make bench
    NAME=scoring` does.

    Args:
        store: settings of the store.
        rows: rows of a batch.
        users: distinct entities of a batch.
        turns: batches of each kind, in turns.
    """
    plain, joined = _operator({}, is_joined=False), _operator({**store, "cache_ttl": "1d"}, is_joined=True)
    random = np.random.default_rng(2)
    lines = [line(row, values, users=users).encode() for row, values in enumerate(random.random((rows, 20)) * 100)]
    batch = np.array(lines, dtype=object)
    _fill(store, [f"user-{user:03d}" for user in range(users)])
    times: dict[str, list[float]] = {"plain": [], "joined": []}
    for turn in range(turns + 1):
        for name, operator in (("plain", plain), ("joined", joined)):
            seconds = _seconds(operator, batch)
            if turn:
                times[name].append(seconds)
    plain.close()
    joined.close()
    without, with_lookups = (statistics.median(each) / rows * 1e6 for each in times.values())
    return without, with_lookups


def _operator(store: dict[str, object], *, is_joined: bool) -> ScoreLines:
    tree = _joined_tree(store) if is_joined else YAML(typ="safe").load(CONFIG.read_text("utf-8"))
    settings = settings_from(tree, origin=str(CONFIG))
    if settings.job is None:
        message = f"{CONFIG}: expected a job, got none"
        raise ValueError(message)
    operator = ScoreLines(settings.job, settings.ml, JsonLines(settings.job.events.fields))
    operator.open()
    return operator


def _joined_tree(store: dict[str, object]) -> dict[str, Any]:
    tree: dict[str, Any] = YAML(typ="safe").load(CONFIG.read_text("utf-8"))
    specs = [spec for spec in tree["job"]["features"]["specs"] if spec["name"] not in LOOKUPS]
    asked = {"entity": "user", "feature_set": TABLE, "default": 0}
    specs += [{"name": name, "type": "lookup", "source": "user", "parameters": asked} for name in LOOKUPS]
    tree["job"]["features"]["specs"] = specs
    tree["ml"]["feature_store"] = {**store, "enabled": True}
    return tree


def _fill(store: dict[str, object], users: list[str]) -> None:
    settings = settings_from({"ml": {"feature_store": store}}, origin="store").ml.feature_store
    with open_store(settings) as opened:
        values = dict.fromkeys(LOOKUPS, np.arange(len(users), dtype=np.float64))
        opened.put_many(Group("user", TABLE), users, values, np.zeros(len(users), np.int64))


def _seconds(operator: ScoreLines, batch: NDArray[np.object_]) -> float:
    start_s = time.process_time()
    operator.run({"__line": batch})
    return time.process_time() - start_s
